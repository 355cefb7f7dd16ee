"""What the user asks for: Brief, Plan, Voice, Render and Profile, each validated as it is made.

Every model is frozen, JSON-serialisable (`model_dump_json`, `model_json_schema`) and raises one
`InvalidBrief` that names every bad field and its remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from aura_nb import saved
from aura_nb.codecs import AUTO, ENCODERS, HARDWARE, QUALITIES, Codec, Quality, known
from aura_nb.platforms import PLATFORMS, Aspect, Platform, most_kbps
from aura_nb.validated import Spec, reported

Tone = Literal["informative", "friendly", "enthusiastic", "formal", "playful"]
Pacing = Literal["chill", "conversational", "fast"]
Density = Literal["sparse", "balanced", "dense"]
Style = Literal["explainer", "tutorial", "announcement", "research"]
Pause = Literal["natural", "short", "long", "dramatic"]

WORDS_PER_MINUTE: dict[Pacing, int] = {"chill": 130, "conversational": 160, "fast": 190}
SECONDS_PER_SCENE: dict[Density, int] = {"sparse": 20, "balanced": 12, "dense": 8}

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Brief(Spec):
    """What the film is about, and for whom.

    `points`, `outline` and `notes` are the user's own material. The rule-based writer says only
    what they say: with none of them it asks the viewer questions instead of inventing facts.
    """

    topic: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = Field(
        description="The subject, as one would say it: 3 to 200 characters.", json_schema_extra={"minLength": 3}
    )
    audience: str | None = Field(None, max_length=200, description="Who watches, e.g. 'first-year students'.")
    goal: str | None = Field(None, max_length=500, description="What they can do or know afterwards.")
    tone: Tone = "informative"
    language: str = Field(
        "en",
        description="A BCP 47 tag, e.g. 'en' or 'pt-BR'.",
        json_schema_extra={"pattern": "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$"},
    )
    aspect: Aspect = "16:9"
    points: tuple[Line, ...] = Field((), max_length=100, description="Facts to tell, one sentence or two each.")
    outline: tuple[Line, ...] = Field((), max_length=30, description="Headings, in order.")
    notes: str = Field("", max_length=100_000, description="Free text in Markdown to take sentences from.")

    def __init__(self, topic: str | None = None, /, **data: Any) -> None:
        super().__init__(**(data if topic is None else {"topic": topic, **data}))

    def _repr_html_(self) -> str:
        """What it says beside the topic, field by field, as a notebook shows it; it keeps at most 20 kB."""
        given = self.model_dump(exclude={"topic"}, exclude_defaults=True)
        fields = [(name, "\n".join([value] if isinstance(value, str) else value)) for name, value in given.items()]
        return saved.page(["Brief", self.topic], fields, numbered=False)

    @field_validator("points", "outline", mode="before")
    @classmethod
    def _one_line_is_a_list(cls, lines: object) -> object:
        return (lines,) if isinstance(lines, str) else lines

    @field_validator("topic")
    @classmethod
    def _topic_says_something(cls, topic: str) -> str:
        if len(topic) < 3 or not any(character.isalnum() for character in topic):
            raise PydanticCustomError(
                "topic_too_short",
                "{topic} says too little for a topic",
                {"topic": repr(topic), "remedy": "Write at least 3 characters, e.g. 'Why the sky is blue'."},
            )
        return topic

    @field_validator("language", mode="before")
    @classmethod
    def _language_is_a_tag(cls, language: object) -> object:
        import langcodes

        if not isinstance(language, str) or not langcodes.tag_is_valid(language):
            raise PydanticCustomError(
                "language_tag",
                "{language} is not a language tag",
                {"language": repr(language), "remedy": "Use a BCP 47 tag such as 'en' or 'de-AT'."},
            )
        return language


class Plan(Spec):
    """How long the film is, how fast it speaks and how it is built."""

    seconds: float = Field(
        30.0,
        description="Target length of the film, 10 s to 30 min (1800 s).",
        json_schema_extra={"minimum": 10, "maximum": 1800},
    )
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
                {"seconds": f"{seconds:g}", "remedy": "Use 10 to 1800 seconds; split longer films."},
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

    name: str | None = Field(None, max_length=100, description="A voice of the speaker; without one, its default.")
    rate: float = Field(1.0, ge=0.5, le=2.0)
    pitch: float = Field(0.0, ge=-12.0, le=12.0)
    pause: Pause = "natural"
    silent: bool = Field(False, description="Ask for a film without narration; never the result of a failure.")


class Render(Spec):
    """How the film looks and is encoded."""

    platform: Platform | None = Field(
        None,
        description="Where it is published: 'youtube', 'shorts', 'tiktok', 'reels' or 'square'. Gives the film "
        "its aspect and a highest bitrate, and the height and fps that are not given.",
    )
    height: Literal[360, 480, 720, 1080, 1440, 2160] = Field(1080, description="Pixels of the shorter side.")
    fps: Literal[24, 25, 30, 50, 60] = 30
    quality: Quality = Field(
        "high", description="'draft', 'good', 'high' or 'maximum': x264's CRF 28, 23, 20, 18, or what equals it."
    )
    crf: int | None = Field(
        None, ge=10, le=40, description="In place of `quality`, on x264's scale: lower is better and larger."
    )
    codec: Codec = Field(
        "h264",
        description="'h264' plays everywhere; 'h265' and 'av1' are smaller and slower to make. Browsers play "
        "'av1', and 'h265' only where the machine's own decoder does.",
    )
    encoder: str = Field(
        AUTO,
        examples=[AUTO, HARDWARE, *ENCODERS],
        description="'auto': in software, the same bytes every time. 'hardware': the first GPU encoder that "
        "works. Or a name of `aura.encoders()`. Where it cannot be used, software stands in and a warning tells.",
    )
    theme: str = Field(
        "light",
        max_length=1000,
        examples=["light", "dark"],
        description="'light', 'dark', or a folder of .typ templates.",
    )
    zoom: float = Field(1.08, ge=1.0, le=1.3, description="How far each picture zooms in over its scene.")
    transition: float = Field(0.5, ge=0.0, le=2.0, description="Crossfade between scenes, in seconds.")
    captions: Literal["soft", "burnt", "none"] = Field(
        "soft", description="'soft': files and a track; 'burnt': files, and drawn into the picture."
    )

    @model_validator(mode="before")
    @classmethod
    def _what_one_field_says_of_others(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        said: dict[str, Any] = {}
        for platform, target in PLATFORMS.items():
            if data.get("platform") == platform:
                said |= {"height": target.height, "fps": target.fps}
        for name, encoder in ENCODERS.items():
            if data.get("encoder") == name:
                said["codec"] = encoder.codec
        return {**said, **data}

    @field_validator("encoder")
    @classmethod
    def _encoder_is_one_of_the_codec(cls, encoder: str, info: ValidationInfo) -> str:
        # A codec that is none was told already.
        return known(encoder, info.data["codec"]) if "codec" in info.data else encoder

    @property
    def rate_factor(self) -> int:
        """How well it is encoded, as a constant rate factor of x264: `crf`, else what `quality` stands for."""
        return QUALITIES[self.quality] if self.crf is None else self.crf

    @property
    def max_kbps(self) -> int | None:
        """The highest bitrate of the pictures in kbit/s, None without a platform."""
        return most_kbps(self.height, self.fps) if self.platform else None

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
    illustrator: tuple[str, ...] = Field(("figures", "cards"), min_length=1)

    @field_validator("writer", "speaker", "illustrator", mode="before")
    @classmethod
    def _one_name_is_a_chain(cls, names: object) -> object:
        return (names,) if isinstance(names, str) else names

    @classmethod
    def named(cls, name: str) -> Self:
        """The chains kept under `name`: free-only, balanced-mix or pro-max. Raises `InvalidBrief`."""
        with reported(cls):
            return cls.model_validate(name)

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
        "illustrator": ("figures", "cards"),
    },
    # A model and a voice of one's own first; else remote ones there is a key for, the cheapest first.
    "balanced-mix": {
        "writer": ("ollama", "gemini", "openai", "anthropic", "rulebased"),
        "speaker": ("kokoro", "openai", "elevenlabs", "espeak"),
        "illustrator": ("figures", "pexels", "unsplash", "cards"),
    },
    # The best there is a key for.
    "pro-max": {
        "writer": ("anthropic", "openai", "gemini", "ollama", "rulebased"),
        "speaker": ("elevenlabs", "openai", "kokoro", "espeak"),
        "illustrator": ("figures", "stable-diffusion", "unsplash", "pexels", "cards"),
    },
}
