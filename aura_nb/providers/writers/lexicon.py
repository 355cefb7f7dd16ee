"""The few classes of English words the rule-based writer's grammar rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable


def words(text: str) -> frozenset[str]:
    """The words of `text`, as a set."""
    return frozenset(text.split())


def spoken_words(text: str) -> list[str]:
    """The words of `text` in lower case, in order; "don't" is one."""
    return re.findall(r"[^\W\d_]+(?:'t)?", text.lower().replace("’", "'"))


def denies(said: Iterable[str]) -> bool:
    """Whether any of the spoken words is a negation."""
    return any(word in NEGATION or word.endswith("n't") for word in said)


BE = words("is are was were")
MODAL = words("can could will would should must")
AUXILIARY = BE | MODAL | words("do does did has have had")
DETERMINER = words("a an the my our your their his her its this that these those some any")
PRONOUN = words("we you they it he she")
PREPOSITION = words(
    """of in on at for with without from to by about between among under over after before during since as
    into through against across behind within"""
)
RELATIVE = words("that which who whom whose when where")
CLAUSE_WORD = RELATIVE | words("what if because and or but")
QUESTION_WORD = words("why how what who when where which whose")
# What "how" asks a number for, and what it asks a judgement of.
HOW_ADVERB = words(
    "much many long far big old fast often high deep hot cold large small tall heavy hard good strong likely well"
)
HOW_ADJECTIVE = words(
    """safe reliable accurate common rare cheap expensive clean effective healthy sustainable realistic secure
    smart intelligent true important bad efficient dense bright loud close popular rich poor different similar
    complex difficult easy toxic young slow quickly soon early late warm wide thick thin"""
)
# What "is" and "are" make passive, beside all in "-ed".
PARTICIPLE = words(
    """made built grown born done written taught known seen found kept held sold bought paid sent told read cut put
    set run won lost fought drawn driven eaten given taken broken chosen spoken stolen woven worn torn blown thrown
    shown flown frozen hidden bound wound spun cast hurt led fed bred bent formed brewed"""
)

# Verbs met in topics that are rarely nouns there: base/third person/past.
_VERBS = [
    verb.split("/")
    for verb in words(
        """
    work/works/worked float/floats/floated grow/grows/grew form/forms/formed move/moves/moved learn/learns/learned
    fly/flies/flew happen/happens/happened matter/matters/mattered exist/exists/existed become/becomes/became
    begin/begins/began fall/falls/fell sleep/sleeps/slept dream/dreams/dreamed forget/forgets/forgot
    remember/remembers/remembered choose/chooses/chose make/makes/made see/sees/saw hear/hears/heard
    communicate/communicates/communicated evolve/evolves/evolved spread/spreads/spread fail/fails/failed
    succeed/succeeds/succeeded migrate/migrates/migrated freeze/freezes/froze boil/boils/boiled melt/melts/melted
    burn/burns/burned shine/shines/shone rise/rises/rose need/needs/needed use/uses/used love/loves/loved
    like/likes/liked eat/eats/ate build/builds/built rotate/rotates/rotated orbit/orbits/orbited
    change/changes/changed age/ages/aged die/dies/died live/lives/lived yawn/yawns/yawned purr/purrs/purred
    laugh/laughs/laughed cry/cries/cried think/thinks/thought know/knows/knew write/writes/wrote
    """
    )
]
BASE = frozenset(base for base, _, _ in _VERBS)
BASE_OF_THIRD = {third: base for base, third, _ in _VERBS}
BASE_OF_PAST = {past: base for base, _, past in _VERBS if past != base}

# First words that make a topic an instruction, if one of AFTER_ORDER follows ("Build a birdhouse").
ORDER = words(
    """bake build make learn use write install create set get start stop cook draw plant grow fix repair
    choose read run train deploy plan organise organize design prepare measure test debug play tie fold"""
)
AFTER_ORDER = DETERMINER | words("up to with better more from without like good")

# First words of a goal that surely say what the viewer will do ("explain the blue sky").
GOAL_VERB = words(
    """explain understand decide compare describe define apply recognise recognize distinguish identify solve
    compute calculate bake build write install fix repair deploy fold"""
)

# First words that make a topic something said, not something named.
GREETING = words("welcome hello hi hey dear thanks thank congratulations happy merry goodbye farewell sorry")
# Words an audience begins with: names that no ending tells, common words that end like a nationality.
NAME = words(
    """french dutch swiss greek greeks czech czechs turks danes swedes finns poles scots brits arabs jews muslims
    hindus buddhists thais london londoners paris parisians berlin berliners europe africa asia america britain
    england scotland ireland wales france germany italy spain poland india china japan python java javascript
    typescript rust julia linux ubuntu windows mac android excel google apple amazon docker kubernetes jupyter
    pandas react django git"""
)
COMMON_IN_AN = words(
    """humans human veterans veteran vegans vegan vegetarians vegetarian librarians librarian historians historian
    guardians guardian civilians civilian pedestrians pedestrian comedians comedian custodians custodian fans fan
    women woman men man urban suburban artisans artisan partisans partisan orphans orphan selfish foolish"""
)
PRONOUN_OF_ALL = words("everyone everybody anyone anybody all staff parents kids")
IRREGULAR_PLURAL = words("people children men women mice geese teeth feet bacteria phenomena criteria fungi cacti")
NOT_PLURAL = words(
    """news series species physics mathematics lens means always kubernetes pandas keras windows postgres
    chess headquarters sales politics ethics statistics economics genetics diabetes rabies measles"""
)
THING_ENDINGS = tuple(
    sorted(words("tion sion ment ness ity ism sis graphy logy nomy ance ence ship ture phy metry"))
)

NEGATION = words("not no never nor neither none")
# What limits, turns or weakens a statement: never to be cut off it.
TURN = words(
    """without unless except only but yet if when whenever where until till before after although though
    however unlike hardly rarely barely instead rather provided assuming while whereas despite than
    versus sometimes usually often perhaps maybe possibly probably may might could mostly partly
    allegedly supposedly"""
)
# What refutes a statement made before.
DENIAL = words(
    """wrong false untrue true mistaken mistake mistakenly disproved disproven refuted debunked myth fiction legend
    hoax error incorrect falsely fallacy misconception wrongly contrary opposite"""
)
# What makes a statement somebody's, and not the narrator's.
BELIEF = words(
    """think thinks thought believe believes believed belief beliefs claim claims claimed suppose supposes supposed
    supposedly assume assumes assumed assumption myth myths legend legends say says said feel feels felt
    imagine imagines imagined hypothesis rumour rumor seem seems seemed appear appears appeared allegedly
    argue argues argued hold holds held expect expects expected hope hopes hoped guess theory doubt doubts doubted
    misconception fallacy lie lies lied pretend pretends pretended opinion let told tell tells
    teach teaches taught insist insists insisted suggest suggests suggested consider considers considered
    regard regards regarded"""
)
# A sentence that begins with one of these does not stand without what comes after its comma.
LEANING = words(
    """if when whenever because although though while since before after as unless until once unlike despite given
    provided whether rather instead not neither either both like even only where wherever having being"""
)
# What no short form may end on.
SMALL = DETERMINER | PREPOSITION | BE | words("and or than into be been not no so")
