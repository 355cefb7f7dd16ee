"""How English says what is not a word: units, symbols, abbreviations, acronyms."""

from __future__ import annotations

ABBREVIATIONS = {
    "al.": "al", "approx.": "approximately", "dept.": "department", "dr.": "doctor", "e.g.": "for example",
    "eq.": "equation", "eqs.": "equations", "etc.": "et cetera", "fig.": "figure", "figs.": "figures",
    "i.e.": "that is", "max.": "maximum", "min.": "minimum", "mr.": "mister", "mrs.": "missus", "ph.d.": "P.H.D",
    "phd": "P.H.D", "prof.": "professor", "resp.": "respectively", "vs": "versus", "vs.": "versus", "w/": "with",
    "w/o": "without",
    "24/7": "twenty-four seven", "9/11": "nine eleven", "c#": "C sharp", "c++": "C plus plus", "f#": "F sharp",
}  # fmt: skip
# Abbreviations only before a number; elsewhere they end a sentence: "with Jan.", "vitamin C."
BEFORE_NUMBERS = {
    "c.": "circa", "ca.": "circa", "ch.": "chapter", "no.": "number", "nos.": "numbers", "p.": "page",
    "pp.": "pages", "sec.": "section", "vol.": "volume",
}  # fmt: skip
# Words said in a way that is in none of their letters; their case tells them from others.
AS_WRITTEN = {"LaTeX": "lay tech", "TeX": "tech", "BibTeX": "bib tech", "NaN": "not a number", "pH": "P.H"}

# Read letter by letter though they have a vowel; those without one always are.
SPELLED = frozenset({
    "AI", "API", "APIS", "ATP", "AWS", "CEO", "CIA", "CPU", "DIY", "EEG", "EKG", "EU", "EUR", "FAQ", "FBI",
    "GPU", "GUI", "ID", "IDE", "IEEE", "IO", "IP", "IQ", "IR", "ISO", "LED", "MRI", "RNA", "DNA", "SDK", "SI",
    "SQL", "UFO", "UI", "UK", "UN", "URI", "URL", "USA", "USB", "USD", "UTC", "UV", "UX", "VAE",
})  # fmt: skip

ELEMENTS = frozenset({
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K",
    "Ca", "Ti", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "As", "Se", "Br", "Kr", "Rb", "Sr", "Zr", "Mo", "Ag",
    "Cd", "Sn", "Sb", "I", "Xe", "Cs", "Ba", "W", "Pt", "Au", "Hg", "Pb", "Bi", "U", "Pu",
})  # fmt: skip

# Read letter by letter too, but words when all around them is in capitals: "THEY TOLD US".
ALSO_WORDS = frozenset({"US", "IT", "WHO"})

# Roman numerals are ordinals after a ruler's name, and cardinals after any other name or these.
RULERS = frozenset({
    "Alexander", "Alfonso", "Benedict", "Catherine", "Charles", "Christian", "Clement", "Constantine", "Edward",
    "Elizabeth", "Ferdinand", "Francis", "Frederick", "George", "Gregory", "Gustav", "Haakon", "Harald", "Henry",
    "Innocent", "Isabella", "Ivan", "James", "John", "Joseph", "Karl", "Leo", "Leopold", "Louis", "Ludwig",
    "Margaret", "Mary", "Mehmed", "Napoleon", "Nicholas", "Otto", "Paul", "Pedro", "Peter", "Philip", "Pius",
    "Ramesses", "Ramses", "Richard", "Robert", "Thutmose", "Urban", "Victor", "Wilhelm", "William",
})  # fmt: skip
NUMBERED = frozenset({
    "act", "apollo", "appendix", "article", "book", "bowl", "chapter", "class", "division", "factor", "figure",
    "grade", "level", "mark", "part", "phase", "photosystem", "room", "scene", "section", "stage", "table", "tier",
    "title", "type", "unit", "volume", "war",
})  # fmt: skip

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip

CURRENCIES = {
    "$": ("dollar", "dollars", "cents"), "€": ("euro", "euros", "cents"), "£": ("pound", "pounds", "pence"),
    "¥": ("yen", "yen", "sen"), "₹": ("rupee", "rupees", "paise"),
    "¢": ("cent", "cents", ""),
}  # fmt: skip
SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion", "B": "billion",
    "T": "trillion", "tn": "trillion",
}  # fmt: skip
SCALE_WORDS = frozenset({"hundred", "thousand", "million", "billion", "trillion"})
PER = {"mo": "month", "wk": "week", "yr": "year"}
# What is said for a sign that is written onto a number.
SIGNS = {
    "-": "minus", "−": "minus", "+": "plus", "±": "plus or minus", "~": "about", "≈": "about", "<": "less than",
    ">": "more than", "≤": "at most", "≥": "at least", "<=": "at most", ">=": "at least",
}  # fmt: skip

# What the word beside a number tells of it.
VERSIONED = frozenset({"python", "version", "v", "release", "node", "java", "cuda", "ubuntu", "pytorch", "numpy"})
YEAR_BEFORE = frozenset(
    {"in", "since", "by", "until", "till", "before", "after", "from", "around", "year", "c.", "ca."}
)
RATIO_BEFORE = frozenset({"ratio", "of", "odds", "scale", "aspect", "diluted", "mixed"})
RATIO_AFTER = frozenset({
    "ratio", "odds", "scale", "aspect", "mix", "mixture", "dilution", "screen", "display", "format", "video",
    "widescreen",
})  # fmt: skip
DIALLED = frozenset({"call", "dial", "phone", "tel", "telephone", "text", "fax", "ring"})
# Before these a number of degrees is an adjective: "a 45° angle".
ATTRIBUTIVE = frozenset(
    {"angle", "angles", "arc", "bend", "corner", "rotation", "slope", "tilt", "turn", "turns", "view"}
)
# After these letters a number counts amperes: "12 A of current", but "5 A students".
AFTER_AMPERES = frozenset({
    "", "and", "at", "by", "circuit", "current", "flow", "flows", "for", "from", "fuse", "in", "is", "of", "on",
    "or", "per", "supply", "through", "to", "with",
})  # fmt: skip

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        (
            "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
            "nu", "ksee", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "kai", "psi", "omega",
        ),
        strict=True,
    )
)  # fmt: skip
GREEK |= {letter.upper(): f"capital {name}" for letter, name in GREEK.items()}
GREEK |= {"ς": "sigma", "ϕ": "phi", "ϵ": "epsilon", "Δ": "delta", "Σ": "sigma", "Ω": "omega", "µ": "mu"}

SYMBOLS = {
    "=": "equals", "≠": "is not equal to", "≈": "is about", "≃": "is about", "≅": "is about", "~": "about",
    "≡": "is identical to", "∼": "about", "<": "is less than", ">": "is greater than",
    "≤": "is at most", "≥": "is at least", "≪": "is much less than", "≫": "is much greater than",
    "+": "plus", "−": "minus", "±": "plus or minus", "∓": "minus or plus", "×": "times", "·": "times",
    "⋅": "times", "*": "times", "÷": "divided by", "∕": "over", "⁄": "over", "/": "over",
    "→": "to", "⟶": "to", "←": "from", "↔": "to and from", "⇒": "so", "⇔": "if and only if", "↦": "maps to",
    "∝": "is proportional to", "√": "the square root of", "∞": "infinity", "∑": "the sum of",
    "∏": "the product of", "∫": "the integral of", "∂": "partial", "∇": "nabla", "∈": "in", "∉": "not in",
    "∩": "and", "∪": "or", "⊂": "within", "∀": "for all", "∃": "there is", "∅": "the empty set", "ℏ": "h bar",
    "°": "degrees", "%": "percent", "‰": "per mille", "&": "and", "@": "at", "§": "section", "#": "number",
    "№": "number", "->": "to", "-->": "to", "=>": "so", "<=": "is at most", ">=": "is at least", "==": "equals",
    "!=": "is not equal to",
    "′": "prime", "™": "trademark", "©": "copyright", "|": "given",
    "½": "one half", "⅓": "one third", "⅔": "two thirds", "¼": "one quarter", "¾": "three quarters",
}  # fmt: skip

_PREFIXES = {"": "", "n": "nano", "µ": "micro", "m": "milli", "c": "centi", "k": "kilo", "M": "mega", "G": "giga",
             "T": "tera"}  # fmt: skip
_BASES = {
    "m": "meter", "s": "second", "g": "gram", "Hz": "hertz", "W": "watt", "V": "volt", "A": "amp", "J": "joule",
    "L": "liter", "l": "liter", "B": "byte", "bit": "bit", "Pa": "pascal", "eV": "electronvolt", "K": "kelvin",
    "N": "newton", "Ω": "ohm", "mol": "mole", "cal": "calorie", "Wh": "watt hour",
}  # fmt: skip
UNITS = {prefix + base: full + name for prefix, full in _PREFIXES.items() for base, name in _BASES.items()} | {
    "KB": "kilobyte", "°C": "degree Celsius", "°F": "degree Fahrenheit", "°": "degree", "h": "hour", "hr": "hour",
    "min": "minute", "d": "day", "yr": "year", "ft": "foot", "mi": "mile", "mph": "mile per hour", "lb": "pound",
    "lbs": "pound", "oz": "ounce", "rpm": "revolution per minute", "fps": "frame per second", "dB": "decibel",
    "px": "pixel", "bpm": "beat per minute", "ppm": "part per million", "ppb": "part per billion", "hPa":
    "hectopascal", "t": "tonne", "ha": "hectare", "Mbps": "megabit per second", "Gbps": "gigabit per second",
    "au": "astronomical unit", "ly": "light year", "pc": "parsec",
}  # fmt: skip
UNITS |= {unit.replace("µ", "μ"): name for unit, name in UNITS.items() if "µ" in unit}


def unit(symbol: str, *, one: bool = False) -> str | None:
    """The name of a unit such as `km/h` or `m/s²`, for one or for many; None when it is no unit."""
    above, slash, below = symbol.replace("^", "").partition("/")
    power = {"²": 2, "2": 2, "³": 3, "3": 3}.get(above[-1:])
    name = UNITS.get(above[:-1] if power else above)
    if name is None:
        return None
    if not one:
        head, space, rest = name.partition(" ")
        name = {"foot": "feet", "hertz": "hertz", "watt": "watts"}.get(
            head, head if head.endswith("hertz") else f"{head}s"
        )
        name += space + rest
        if rest == "hour":
            name = f"{head} hours"
    name = f"{({2: 'square', 3: 'cubic'})[power]} {name}" if power else name
    if not slash:
        return name
    squared = {"²": " squared", "2": " squared", "³": " cubed", "3": " cubed"}.get(below[-1:], "")
    if squared and UNITS.get(below[:-1], "").endswith("meter"):
        per = unit(below, one=True)
    else:
        per = UNITS.get(below[:-1] if squared else below)
        per = per and per + squared
    return per and f"{name} per {per}"
