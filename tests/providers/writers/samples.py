"""Briefs of every sort, for tests that read what the writer makes of them."""

from __future__ import annotations

from aura_nb.spec import Brief

# Topics, and the very sentence a film about each opens with.
OPENINGS = {
    "Why the sky is blue": "Why is the sky blue?",
    "Why leaves change colour": "Why do leaves change colour?",
    "Why free will is an illusion": "Let us ask why free will is an illusion.",
    "Why is the sky blue?": "Why is the sky blue?",
    "How transformers work in 2024": "How do transformers work in 2024?",
    "How it's made": "Let us ask how it's made.",
    "How to bake bread": "How do you bake bread?",
    "How big is the sun": "How big is the sun?",
    "What is entropy?": "What is entropy?",
    "What makes music sad": "Let us ask what makes music sad.",
    "Who invented the telephone": "Let us ask who invented the telephone.",
    "Can machines think": "Can machines think?",
    "Python vs R": "Python or R?",
    "The difference between weather and climate": "What is the difference between weather and climate?",
    "Gradient descent": "Gradient descent.",
    "Black holes": "Black holes.",
    "Photosynthesis": "Photosynthesis.",
    "Napoleon": "Napoleon.",
    "Ada Lovelace": "Ada Lovelace.",
    "The French Revolution": "The French Revolution.",
    "Our new release 2.0": "Our new release 2.0.",
    "Version 3 is here": "Version 3 is here.",
    "Supply and demand": "Supply and demand.",
    "Build a birdhouse": "Build a birdhouse.",
    "An introduction to machine learning": "Machine learning.",
    "Kubernetes": "Kubernetes.",
    "how computers work": "How do computers work?",
    "how many planets are there": "How many planets are there?",
    "How safe is nuclear power": "How safe is nuclear power?",
    "which language should I learn": "Which language should I learn?",
    "Difference between TCP and UDP": "What is the difference between TCP and UDP?",
    "what we know about dark matter": "Let us ask what we know about dark matter.",
    "welcome to the team": "Welcome to the team.",
    "New: faster renders": "New: faster renders.",
    "Attention": "Attention.",
    "Bridges": "Bridges.",
}
TOPICS = tuple(OPENINGS)

NOTES = r"""# Attention

A transformer reads all tokens at once. Each token is turned into a vector.

## Weights

Every token looks at every other token, so the same word can mean different things in different places.

$$ \mathrm{softmax}(QK^T) V $$

In code it takes one line:

```python
out = softmax(q @ k.T) @ v
```

## Cost

The cost grows with the square of the length. It does not depend on the vocabulary.

| Tokens | Pairs |
|-------:|------:|
| 1,000 | 1,000,000 |

> Attention is all you need.
> — Vaswani et al.
"""

POINTS = (
    "Sunlight holds every colour of the rainbow.",
    "Air scatters its blue far more than its red.",
    "So blue reaches you from all over the sky.",
    "At sunset the light takes a longer way through the air, and most of its blue is lost on the way.",
)

BRIEFS = (
    *(Brief(topic) for topic in TOPICS),
    Brief(
        "Why the sky is blue", tone="friendly", points=POINTS, audience="first-year students", goal="to explain it"
    ),
    Brief("Attention", tone="formal", notes=NOTES, audience="For engineers", goal="A clear picture of the cost"),
    Brief("Bridges", tone="playful", outline=("Heat", "Joints", "Why not glue?")),
    Brief(
        "Our new release 2.0", tone="enthusiastic", points=("Start-up: twice as fast.", "Cancel stops at once.")
    ),
)
