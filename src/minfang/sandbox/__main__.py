"""``python -m minfang.sandbox --port N --state FOLDER``: the outside world as a process of its own."""

import argparse
import logging
import os
import sys
from pathlib import Path

from minfang.sandbox.server import serve


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="minfang.sandbox", description="外部平台沙箱（仅供演示与测试）")
    parser.add_argument("--port", type=int, default=8001, help="监听端口")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址，缺省只限本机")
    parser.add_argument("--state", type=Path, required=True, help="状态文件夹")
    parser.add_argument("--product", default="", help="业务系统地址，用于控制台返回链接")
    parser.add_argument("--devices", action="store_true", help="模拟传感设备")
    chosen = parser.parse_args()
    serve(chosen.state, host=chosen.host, port=chosen.port, product=chosen.product, devices=chosen.devices)
    # The server's own threads may still hold what belongs to the interpreter and abort at its orderly end
    # (granian issue 693); all is written by now.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
