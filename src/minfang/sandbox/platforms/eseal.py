"""电子印章: signs what it is given with the key of a seal, and hands out the seal's picture."""

import base64
import binascii
import tomllib
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from minfang.kernel.crypto.certificates import Subject
from minfang.sandbox import keys, pictures
from minfang.sandbox.base import Call, Platform, Refused, text_of
from minfang.sandbox.checks import DEFINITIONS


@lru_cache(maxsize=1)
def seals() -> dict[str, dict[str, str]]:
    """The seals this platform keeps, by id: one approval seal for each office."""
    rules = tomllib.loads((DEFINITIONS / "seals.toml").read_text(encoding="utf-8"))
    found = {}
    for office in rules["offices"]:
        for kind, word in rules["kinds"].items():
            seal_id = f"SEAL-{office['code']}-{kind}"
            found[seal_id] = {
                "seal_id": seal_id,
                "type": kind,
                "organization": office["name"],
                "words": word,
                "name": f"{office['name']}{word}",
                "code": office["code"],
            }
    return found


class ElectronicSeals(Platform):
    """The city's seal platform. The key never leaves it."""

    code = "eseal"
    name = "电子印章"
    about = "SM2 签章；市级与 16 区各有印章"

    def routes(self) -> list[Route]:
        return [
            self.post("/seal/sign", self.sign),
            Route("/seal/seals", self.list_seals),
            Route("/seal/chain", self.chain),
            Route("/seal/{seal_id}/image.png", self.image),
            Route("/seal/{seal_id}/certificate", self.certificate),
        ]

    def _seal(self, seal_id: str) -> dict[str, str]:
        found = seals().get(seal_id)
        if found is None:
            raise Refused("没有此印章", [{"field": "seal_id", "label": "印章", "message": "不存在"}], 404)
        return found

    def sign(self, call: Call) -> dict[str, Any]:
        """SM2-with-SM3 over the bytes given."""
        call.dataset, call.case_no = "sign", str(call.body.get("case_no", ""))[:64]
        seal = self._seal(text_of(call, "seal_id", 64))
        try:
            data = base64.b64decode(text_of(call, "data", 8_000_000), validate=True)
        except binascii.Error as error:
            raise Refused("data 不是 Base64") from error
        signed = keys.ring(self.store.folder / "keys").sign(seal["seal_id"], _subject(seal), data)
        number = self.store.count_up("seal")
        self.store.put(
            self.code, "use", str(number), {"seal": seal["name"], "bytes": len(data)}, call.case_no
        )
        return {**signed, "seal_id": seal["seal_id"], "seal_name": seal["name"]}

    async def list_seals(self, request: Request) -> Response:
        """All seals with their names."""
        return JSONResponse({"code": 200, "seals": list(seals().values())})

    async def chain(self, request: Request) -> Response:
        """The issuing certificate and the root: what a verifier has to trust."""
        return JSONResponse({"code": 200, "chain": keys.ring(self.store.folder / "keys").chain()})

    async def image(self, request: Request) -> Response:
        """The seal's picture, PNG with a transparent ground, 42 mm at 300 dpi."""
        seal = seals().get(request.path_params["seal_id"])
        if seal is None:
            return JSONResponse({"code": 404, "message": "没有此印章"}, 404)
        return Response(pictures.seal(seal["organization"], seal["words"]), media_type="image/png")

    async def certificate(self, request: Request) -> Response:
        """The seal's certificate, PEM."""
        seal = seals().get(request.path_params["seal_id"])
        if seal is None:
            return JSONResponse({"code": 404, "message": "没有此印章"}, 404)
        ring = keys.ring(self.store.folder / "keys")
        pem = ring.certificate(seal["seal_id"], _subject(seal))
        return JSONResponse({"code": 200, "certificate": pem, "chain": ring.chain()})


def _subject(seal: dict[str, str]) -> Subject:
    return Subject(seal["name"], seal["organization"])
