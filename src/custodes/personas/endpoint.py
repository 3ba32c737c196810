"""The personas' endpoint: OpenAI's chat completions and list of models."""

from collections.abc import Mapping
from typing import Any

from inspect_ai.model import messages_from_openai
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from custodes.personas.answer import names
from custodes.personas.reply import PREFIX, Reply, persona_of, reply_of
from custodes.personas.request import Asked, place, sentence

COMPLETIONS = "/v1/chat/completions"
MODELS = "/v1/models"

BODY_BYTES = 16 * 1024 * 1024
"""How much a request can hold: many times the longest conversation of a rollout."""


def app() -> Starlette:
    """The endpoint; whoever is turned down is told why in the way OpenAI tells it."""
    return Starlette(
        routes=[
            Route(COMPLETIONS, _complete, methods=["POST"]),
            Route(MODELS, _models, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _refused, Exception: _stuck},
    )


async def _complete(request: Request) -> JSONResponse:
    """The next turn of a persona."""
    try:
        asked = Asked.model_validate_json(await _body(request))
    except ValidationError as error:
        return _error(400, sentence(error), param=place(error) or None)
    try:
        name = persona_of(asked.model)
    except ValueError as error:
        return _error(404, str(error), param="model", code="model_not_found")
    messages = await messages_from_openai(asked.conversation)
    return JSONResponse(_completion(name, reply_of(name, messages, asked.offers)))


async def _models(request: Request) -> JSONResponse:  # noqa: ARG001 Starlette's signature
    """The personas."""
    common = {"object": "model", "created": 0, "owned_by": "custodes (SIMULATED)"}
    return JSONResponse({"object": "list", "data": [{"id": name} | common for name in names()]})


async def _body(request: Request) -> bytes:
    """The body; one that is too large is read to its end, since clients listen only then."""
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= BODY_BYTES:
            body += chunk
    if size > BODY_BYTES:
        raise HTTPException(413, f"the body has {size} bytes; at most {BODY_BYTES} are read")
    return bytes(body)


def _completion(name: str, reply: Reply) -> dict[str, Any]:
    """A turn in OpenAI's format; the same request has the same answer, so it bears no time."""
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.function, "arguments": call.arguments},
        }
        for call in reply.calls
    ]
    said = {"content": None, "tool_calls": calls} if calls else {"content": reply.words}
    return {
        "id": "chatcmpl-persona",
        "object": "chat.completion",
        "created": 0,
        "model": f"{PREFIX}{name}",
        "system_fingerprint": "SIMULATED",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant"} | said,
                "finish_reason": "tool_calls" if calls else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": reply.input_tokens,
            "completion_tokens": reply.output_tokens,
            "total_tokens": reply.input_tokens + reply.output_tokens,
        },
    }


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """A wrong path or method, or a body that is too large."""
    if not isinstance(error, HTTPException):
        raise error
    message = error.detail
    if error.status_code in {404, 405}:
        asked = f"{request.method} {request.url.path}"
        message = f"there is no {asked}; there are POST {COMPLETIONS} and GET {MODELS}"
    return _error(error.status_code, message, headers=error.headers)


async def _stuck(
    request: Request,  # noqa: ARG001 Starlette's signature
    error: Exception,
) -> JSONResponse:
    """A conversation that a persona can make nothing of; Starlette logs the traceback.

    Not a 500: clients try again after that, and a persona would say the same again.
    """
    reason = f"{type(error).__name__}: {error}"
    return _error(422, f"the persona cannot go on with this conversation ({reason})")


def _error(
    status: int,
    message: str,
    param: str | None = None,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error in OpenAI's format."""
    fault = {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": code,
    }
    return JSONResponse({"error": fault}, status, headers)
