"""What a client of the personas' endpoint can send, in OpenAI's chat format."""

from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from custodes.personas.shell.product import Tools

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam


class Part(BaseModel):
    """A piece of a message; personas read nothing but text."""

    type: Literal["text"]
    text: str


Content = str | list[Part]


class Told(BaseModel):
    """A message of the system or the user."""

    role: Literal["system", "developer", "user"]
    content: Content


class Function(BaseModel):
    """The function of a call."""

    name: str
    arguments: str


class Call(BaseModel):
    """A call that the persona made."""

    id: str
    type: Literal["function"] = "function"
    function: Function


class Own(BaseModel):
    """A message of the persona's own."""

    role: Literal["assistant"]
    # Null would have Inspect join this turn with the words of the next one.
    content: Annotated[Content, BeforeValidator(lambda given: given or "")] = ""
    tool_calls: list[Call] | None = None


class Result(BaseModel):
    """What a call gave."""

    role: Literal["tool"]
    tool_call_id: str
    content: Content


class Argument(BaseModel):
    """An argument of a tool, of which only the type matters."""

    type: str | list[str] | None = None


class Parameters(BaseModel):
    """The arguments of a tool."""

    properties: dict[str, Argument] = {}


class Named(BaseModel):
    """The function of a tool, of which the name and the arguments matter."""

    name: str
    parameters: Parameters | None = None


class Offered(BaseModel):
    """A tool on offer."""

    type: Literal["function"]
    function: Named


class Asked(BaseModel):
    """A request for the next turn; settings that mean nothing to a persona are ignored."""

    model: str
    messages: list[Annotated[Told | Own | Result, Field(discriminator="role")]] = Field(
        min_length=1
    )
    tools: list[Offered] | None = None
    stream: bool | None = None

    @field_validator("stream")
    @classmethod
    def _whole(cls, stream: object) -> object:
        """Refuse to stream."""
        if stream:
            raise ValueError("streaming is off here; leave `stream` out or set it to false")
        return stream

    @property
    def conversation(self) -> "list[ChatCompletionMessageParam]":
        """The messages as Inspect takes them."""
        messages = [message.model_dump(exclude_none=True) for message in self.messages]
        return cast("list[ChatCompletionMessageParam]", messages)

    @property
    def offers(self) -> Tools:
        """The tools on offer, with the types of their arguments."""
        return {
            tool.function.name: {
                name: str(argument.type or "")
                for name, argument in (tool.function.parameters or Parameters()).properties.items()
            }
            for tool in self.tools or ()
        }


def place(error: ValidationError) -> str:
    """Where a request is wrong, empty for the body as a whole."""
    return ".".join(str(part) for part in _fault(error)["loc"])


def sentence(error: ValidationError) -> str:
    """What is wrong with a request, in one sentence."""
    message = _fault(error)["msg"].removeprefix("Value error, ")
    return f"{place(error) or 'the body'}: {message}"


def _fault(error: ValidationError) -> ErrorDetails:
    """The innermost fault, which says most where content could be words or parts."""
    return max(error.errors(), key=lambda fault: len(fault["loc"]))
