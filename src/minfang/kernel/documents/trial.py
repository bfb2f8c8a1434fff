"""Trial rendering in a process of its own, with a limit on time and memory.

Before a template is published it is set once with its sample; a template that loops or eats memory stops
there and not in a case (typst and Word templates have no limits of their own).
"""

import base64
import json
import os
import resource
import subprocess
import sys
from typing import Any

from minfang.kernel.base.errors import Refusal

TIME_LIMIT_SECONDS = 30
MEMORY_LIMIT_BYTES = 4 * 1024**3


def _refuse(code: str, message: str) -> Refusal:
    return Refusal(code, message, "请按提示修改模板或样例数据后重新试渲染。", status=422)


def trial_render(engine: str, source: str, context: dict[str, Any], folders: tuple[str, ...]) -> bytes:
    """Render once under limits and return the file; refuses with the reason when that fails."""
    order = json.dumps({"engine": engine, "source": source, "context": context, "folders": folders})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "minfang.kernel.documents.trial"],
            input=order.encode(),
            capture_output=True,
            timeout=TIME_LIMIT_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refuse("TEMPLATE_SLOW", f"模板试渲染超过 {TIME_LIMIT_SECONDS} 秒，未发布。") from None
    if done.returncode != 0:
        raise _refuse("TEMPLATE_SLOW", "模板试渲染超出时间或内存限制，未发布。")
    answer = json.loads(done.stdout)
    if "refusal" in answer:
        raise _refuse("TEMPLATE_BROKEN", f"模板试渲染失败：{answer['refusal']}")
    return base64.b64decode(answer["file"])


def render_here(engine: str, source: str, context: dict[str, Any], folders: tuple[str, ...]) -> bytes:
    """Render once in this process, for templates delivered with the product; refuses like the other."""
    try:
        return _render({"engine": engine, "source": source, "context": context, "folders": folders})
    except Refusal:
        raise
    except Exception as error:
        raise _refuse("TEMPLATE_BROKEN", f"模板试渲染失败：{str(error)[:1000]}") from error


def _render(order: dict[str, Any]) -> bytes:
    from minfang.kernel.documents import docx, engine, fonts

    if order["engine"] == "WORD":
        return docx.render(base64.b64decode(order["source"]), order["context"])
    return engine.compile_with(order["source"], order["context"], fonts.load(tuple(order["folders"])), 0).pdf


def main() -> None:
    """Child process: read the order from stdin, write the file or the reason to stdout."""
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT_SECONDS, TIME_LIMIT_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    order = json.loads(sys.stdin.buffer.read())
    try:
        answer = {"file": base64.b64encode(_render(order)).decode()}
    except MemoryError:
        sys.exit(1)
    except Exception as error:
        answer = {"refusal": str(error)[:1000]}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
