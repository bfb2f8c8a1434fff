"""``minfang manifest``: make the signed manifest of a release, or check the one that is there."""

import argparse
from pathlib import Path

from minfang.project.commands import Add


def register(add: Add) -> None:
    """Bring in the command."""
    command = add("manifest", run, "发布清单：生成（make）或核对（verify）程序文件的 SM3 与 SM2 签名")
    command.add_argument("action", choices=["make", "verify"])
    command.add_argument("--root", type=Path, help="发布目录，默认为本程序所在目录")
    command.add_argument("--key", type=Path, help="构建私钥（PEM）；不存在时新建，并在旁边写出证书")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; 0 when all is well."""
    from minfang.project.cli import ROOT, prepare_django

    prepare_django()
    root = options.root or ROOT
    return _make(root, options.key) if options.action == "make" else _verify(root)


def _make(root: Path, key: Path | None) -> int:
    from minfang.kernel.crypto import certificates
    from minfang.project import manifest

    if key is None:
        print("请用 --key 指定构建私钥文件；私钥应保存在发布目录和运行环境之外。")
        return 1
    if not key.exists():
        _new_key(key)
    count = manifest.make(root, certificates.key_from_pem(key.read_text()))
    print(f"已生成发布清单：{count} 个文件，{root / manifest.MANIFEST}")
    return 0


def _new_key(path: Path) -> None:
    import os

    from minfang.kernel.base import clock
    from minfang.kernel.crypto import certificates, sm2

    pair = sm2.generate()
    certificate = certificates.make_root(
        certificates.Subject("民防平台构建签名"), pair, not_before=clock.now()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
        file.write(certificates.key_to_pem(pair))
    beside = path.with_suffix(".crt.pem")
    beside.write_text(certificates.to_pem(certificate))
    print(f"已新建构建密钥，证书 {beside}，请装到各运行环境（MINFANG_RELEASE_CERTIFICATE）。")


def _verify(root: Path) -> int:
    from minfang.project import manifest

    verdict = manifest.check(root)
    if not verdict.present:
        print("没有发布清单（开发环境）。")
        return 0
    for problem in verdict.problems:
        print(f"  {problem}")
    print("程序文件与发布清单一致。" if verdict.sound else f"程序文件有 {len(verdict.problems)} 处不符。")
    return 0 if verdict.sound else 1
