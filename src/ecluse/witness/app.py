"""A witness over HTTP: c2sp.org/tlog-witness, and its latest cosigned checkpoint for monitors.

A request is judged, kept and cosigned without a pause between, so that no other comes in between;
with the folder held by this process alone, that is the atomic step which the specification wants.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ecluse.ledger.cosignature import cosign
from ecluse.ledger.note import NoteError, parse, signature_line
from ecluse.ledger.submission import MOST_BYTES, Submission, SubmissionError
from ecluse.witness.book import Seen, judge, origin
from ecluse.witness.folder import Followed, Refusal


if TYPE_CHECKING:
    from starlette.requests import Request

    from ecluse.ledger.note import Checkpoint
    from ecluse.witness.folder import Folder


_WORDS = {
    400: "This is no body of add-checkpoint.",
    403: "No signature is of a key that is trusted for this log.",
    404: "This witness does not follow that log.",
    409: "This is not the checkpoint that was cosigned over as many entries.",
    413: "The body is too long.",
    422: "The proof does not lead from the checkpoint that was cosigned last to this one.",
}


class Door:
    """The answers of a witness."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._identity = folder.identity()

    async def add_checkpoint(self, request: Request) -> Response:
        """Cosign a checkpoint that goes on from the last one, or say why not."""
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return _refused(413)
        return self._answer(bytes(body), int(time.time()))

    async def checkpoint(self, request: Request) -> Response:
        """Return the latest cosigned checkpoint of the log with this hash of its origin."""
        for each in self._folder.all_followed():
            if each.hash == request.path_params["log"] and each.seen.note:
                return PlainTextResponse(each.seen.note)
        return _refused(404)

    def _answer(self, body: bytes, now: int) -> Response:
        try:
            submission = Submission.parse(body)
            followed = self._folder.followed(origin(submission.note))
        except (SubmissionError, NoteError):
            return _refused(400)
        if followed is None:
            return _refused(404)
        answer = judge(followed.seen, submission, followed.verifier)
        if answer.against is not None:
            self._folder.remember(
                Refusal(
                    followed.verifier.name,
                    answer.against,
                    now,
                    followed.seen.note,
                    submission.note,
                    submission.hashes,
                )
            )
        if answer.status == 200 and answer.checkpoint is not None:
            return self._cosign(followed, submission.note, answer.checkpoint, now)
        if answer.status == 409 and submission.old != followed.seen.size:
            return Response(f"{followed.seen.size}\n", 409, media_type="text/x.tlog.size")
        return _refused(answer.status)

    def _cosign(self, followed: Followed, note: str, checkpoint: Checkpoint, now: int) -> Response:
        text, signatures = parse(note)
        key = followed.verifier
        own = [each for each in signatures if (each.name, each.key_id) == (key.name, key.key_id)]
        made = cosign(text, self._identity.key, self._identity.private, now)
        kept = f"{text}\n{signature_line(own[0])}{made.line}"
        seen = Seen(checkpoint.size, checkpoint.root, kept, now)
        self._folder.keep(Followed(followed.key, seen))
        return PlainTextResponse(made.line)


def create_app(folder: Folder) -> Starlette:
    """Return the witness as an ASGI application; the caller holds the folder."""
    door = Door(folder)
    return Starlette(
        routes=[
            Route("/add-checkpoint", door.add_checkpoint, methods=["POST"]),
            Route("/{log:str}/checkpoint", door.checkpoint, methods=["GET"]),
        ]
    )


def _refused(status: int) -> Response:
    return PlainTextResponse(f"{_WORDS[status]}\n", status)
