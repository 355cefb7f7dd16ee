"""What the user asks for: Brief, Plan, Voice, Render and Profile, each validated as it is made.

Every model is frozen, JSON-serialisable (`model_dump_json`, `model_json_schema`) and raises one
`InvalidBrief` that names every bad field and its remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from aura_nb.errors import FieldIssue, InvalidBrief

Aspect = Literal["16:9", "9:16", "1:1"]
Tone = Literal["informative", "friendly", "enthusiastic", "formal", "playful"]
Pacing = Literal["chill", "conversational", "fast"]
Density = Literal["sparse", "balanced", "dense"]
Style = Literal["explainer", "tutorial", "announcement", "research"]
Pause = Literal["natural", "short", "long", "dramatic"]

WORDS_PER_MINUTE: dict[Pacing, int] = {"chill": 130, "conversational": 160, "fast": 190}
SECONDS_PER_SCENE: dict[Density, int] = {"sparse": 20, "balanced": 12, "dense": 8}

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Spec(BaseModel):
    """Base of all that a user hands in: frozen, no unknown fields, errors as `InvalidBrief`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise invalid(error, type(self).__name__.lower()) from None


def invalid(error: ValidationError, subject: str) -> InvalidBrief:
    """Turn pydantic's report into our own, one `FieldIssue` a bad field, each with a remedy."""
    issues = [FieldIssue(_path(e), e["msg"], _remedy(e)) for e in error.errors(include_url=False)]
    return InvalidBrief(issues, subject=subject)


def _path(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"]) or "(whole)"


def _remedy(error: ErrorDetails) -> str:
    ctx = error.get("ctx", {})
    match error["type"]:
        case _ if "remedy" in ctx:
            return str(ctx["remedy"])
        case "literal_error":
            return f"Choose one of {ctx['expected']}."
        case "missing":
            return "Give this field; it has no default."
        case "extra_forbidden":
            return "Remove it, or check its spelling against the field names."
        case "string_too_short":
            return f"Write at least {ctx['min_length']} characters."
        case "string_too_long":
            return f"Shorten it to {ctx['max_length']} characters at most."
        case "greater_than_equal":
            return f"Use {ctx['ge']} or more."
        case "less_than_equal":
            return f"Use {ctx['le']} or less."
        case _:
            return f"Got {error.get('input')!r}; see the field's description for what it takes."


class Brief(Spec):
    """What the film is about, and for whom.

    `points`, `outline` and `notes` are the user's own material. The rule-based writer says only
    what they say: with none of them it asks the viewer questions instead of inventing facts.
    """

    topic: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = Field(
        description="The subject, as one would say it: 3 to 200 characters."
    )
    audience: str | None = Field(None, max_length=200, description="Who watches, e.g. 'first-year students'.")
    goal: str | None = Field(None, max_length=500, description="What they can do or know afterwards.")
    tone: Tone = "informative"
    language: str = Field("en", pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$", description="BCP 47 tag.")
    aspect: Aspect = "16:9"
    points: tuple[Line, ...] = Field((), max_length=100, description="Facts to tell, one sentence or two each.")
    outline: tuple[Line, ...] = Field((), max_length=30, description="Headings, in order.")
    notes: str = Field("", max_length=100_000, description="Free text in Markdown to take sentences from.")

    def __init__(self, topic: str | None = None, /, **data: Any) -> None:
        super().__init__(**(data if topic is None else {"topic": topic, **data}))

    @field_validator("topic")
    @classmethod
    def _topic_says_something(cls, topic: str) -> str:
        if len(topic) < 3:
            raise PydanticCustomError(
                "topic_too_short",
                "a topic of {length} characters says too little",
                {"length": len(topic), "remedy": "Write at least 3 characters, e.g. 'Why the sky is blue'."},
            )
        return topic

    @field_validator("language", mode="before")
    @classmethod
    def _language_is_a_tag(cls, language: object) -> object:
        import re

        if not isinstance(language, str) or not re.fullmatch(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*", language):
            raise PydanticCustomError(
                "language_tag",
                "{language} is not a language tag",
                {"language": repr(language), "remedy": "Use a BCP 47 tag such as 'en' or 'de-AT'."},
            )
        return language


class Plan(Spec):
    """How long the film is, how fast it speaks and how it is built."""

    seconds: float = Field(30.0, description="Target length of the film, 10 s to 30 min (1800 s).")
    pacing: Pacing = "conversational"
    density: Density = "balanced"
    style: Style = "explainer"

    @field_validator("seconds")
    @classmethod
    def _seconds_in_range(cls, seconds: float) -> float:
        if not 10 <= seconds <= 1800:
            raise PydanticCustomError(
                "seconds_range",
                "{seconds} seconds is outside 10 s to 30 min",
                {"seconds": seconds, "remedy": "Use 10 to 1800 seconds; split longer films."},
            )
        return seconds

    @property
    def rate(self) -> float:
        """Speaking rate against 160 words a minute (1.0 = conversational)."""
        return WORDS_PER_MINUTE[self.pacing] / WORDS_PER_MINUTE["conversational"]

    @property
    def scenes(self) -> int:
        """How many scenes fit: ceil(seconds / seconds-per-scene), clamped to 3–20."""
        return min(20, max(3, -int(-self.seconds // SECONDS_PER_SCENE[self.density])))


class Voice(Spec):
    """Who speaks and how. `rate` multiplies the plan's pacing; `pitch` is in semitones."""

    name: str | None = Field(None, max_length=100, description="A voice of the speaker, None for its default.")
    rate: float = Field(1.0, ge=0.5, le=2.0)
    pitch: float = Field(0.0, ge=-12.0, le=12.0)
    pause: Pause = "natural"
    silent: bool = Field(False, description="Ask for a film without narration; never the result of a failure.")


class Render(Spec):
    """How the film looks and is encoded."""

    height: Literal[360, 480, 720, 1080, 1440, 2160] = Field(1080, description="Pixels of the shorter side.")
    fps: Literal[24, 25, 30, 50, 60] = 30
    crf: int = Field(20, ge=10, le=40, description="x264 constant rate factor: lower is better and larger.")
    theme: str = Field("light", max_length=1000, description="'light', 'dark', or a folder of .typ templates.")
    zoom: float = Field(1.08, ge=1.0, le=1.3, description="How far each picture zooms in over its scene.")
    transition: float = Field(0.5, ge=0.0, le=2.0, description="Crossfade between scenes, in seconds.")
    captions: Literal["soft", "burnt", "none"] = Field(
        "soft", description="'soft': files and a track; 'burnt': drawn into the picture as well."
    )

    def size(self, aspect: Aspect) -> tuple[int, int]:
        """Width and height of the film in pixels for `aspect`; both even."""
        short, long = self.height, 2 * round(self.height * 16 / 9 / 2)
        return {"16:9": (long, short), "9:16": (short, long), "1:1": (short, short)}[aspect]


class Profile(Spec):
    """Which providers do the work, each a chain: the next is tried when one fails.

    Wherever a profile is asked for, the name of one will do: `profile="free-only"`.
    """

    writer: tuple[str, ...] = Field(("rulebased",), min_length=1)
    speaker: tuple[str, ...] = Field(("kokoro", "espeak"), min_length=1)
    illustrator: tuple[str, ...] = Field(("cards",), min_length=1)

    @classmethod
    def named(cls, name: str) -> Self:
        """The chains kept under `name`: free-only, balanced-mix or pro-max. Raises `InvalidBrief`."""
        try:
            return cls.model_validate(name)
        except ValidationError as error:
            raise invalid(error, "profile") from None

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_name(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        chains = PROFILES.get(value.strip().lower())
        if chains is None:
            raise PydanticCustomError(
                "profile_name",
                "there is no profile named {name}",
                {"name": repr(value), "remedy": f"Choose one of {', '.join(PROFILES)}, or give chains."},
            )
        return dict(chains)


# What a name stands for. Every chain ends in a provider that needs neither network nor key.
PROFILES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # Nothing leaves this machine, nothing costs anything.
    "free-only": {
        "writer": ("ollama", "rulebased"),
        "speaker": ("kokoro", "espeak"),
        "illustrator": ("cards",),
    },
    # A model of one's own first; else a remote one there is a key for, the cheapest first.
    "balanced-mix": {
        "writer": ("ollama", "gemini", "openai", "anthropic", "rulebased"),
        "speaker": ("kokoro", "espeak"),
        "illustrator": ("cards",),
    },
    # The best there is a key for.
    "pro-max": {
        "writer": ("anthropic", "openai", "gemini", "ollama", "rulebased"),
        "speaker": ("kokoro", "espeak"),
        "illustrator": ("cards",),
    },
}
