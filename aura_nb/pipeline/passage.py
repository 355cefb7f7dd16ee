"""What all speakers are compared by: the opening of a script, or a passage known in many languages.

The passage is Article 1 of the Universal Declaration of Human Rights (United Nations, 1948), which is
free to reproduce (https://www.ohchr.org/en/human-rights/universal-declaration).
"""

from __future__ import annotations

from aura_nb.providers.sentences import split_sentences
from aura_nb.script import Script
from aura_nb.spec import Brief

MOST_WORDS = 80
"""About half a minute: enough to judge a voice, and little to pay for."""
MOST_CHARACTERS = 600
"""The same where words have no spaces between them."""

# fmt: off
ARTICLE = {
    "ar": "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميراً وعليهم أن يعامل بعضهم بعضاً بروح الإخاء.",  # noqa: E501
    "cs": "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a svědomím a mají spolu jednat v duchu bratrství.",  # noqa: E501
    "da": "Alle mennesker er født frie og lige i værdighed og rettigheder. De er udstyret med fornuft og samvittighed, og de bør handle mod hverandre i en broderskabets ånd.",  # noqa: E501
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen.",  # noqa: E501
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης.",  # noqa: E501
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood.",  # noqa: E501
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia, deben comportarse fraternalmente los unos con los otros.",  # noqa: E501
    "fi": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on annettu järki ja omatunto, ja heidän on toimittava toisiaan kohtaan veljeyden hengessä.",  # noqa: E501
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité.",  # noqa: E501
    "hi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।",  # noqa: E501
    "hu": "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az emberek, ésszel és lelkiismerettel bírván, egymással szemben testvéri szellemben kell hogy viseltessenek.",  # noqa: E501
    "it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza e devono agire gli uni verso gli altri in spirito di fratellanza.",  # noqa: E501
    "ja": "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",  # noqa: E501
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",  # noqa: E501
    "nb": "Alle mennesker er født frie og med samme menneskeverd og menneskerettigheter. De er utstyrt med fornuft og samvittighet og bør handle mot hverandre i brorskapets ånd.",  # noqa: E501
    "nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en geweten, en behoren zich jegens elkander in een geest van broederschap te gedragen.",  # noqa: E501
    "pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i powinni postępować wobec innych w duchu braterstwa.",  # noqa: E501
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, devem agir uns para com os outros em espírito de fraternidade.",  # noqa: E501
    "ro": "Toate ființele umane se nasc libere și egale în demnitate și în drepturi. Ele sunt înzestrate cu rațiune și conștiință și trebuie să se comporte unele față de altele în spiritul fraternității.",  # noqa: E501
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства.",  # noqa: E501
    "sv": "Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och samvete och bör handla gentemot varandra i en anda av broderskap.",  # noqa: E501
    "tr": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine karşı kardeşlik zihniyeti ile hareket etmelidirler.",  # noqa: E501
    "uk": "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю і повинні діяти у відношенні один до одного в дусі братерства.",  # noqa: E501
    "zh": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
}
# fmt: on
# Where words are not told apart by spaces, there is nothing to count by the minute.
UNSPACED = frozenset({"bo", "ja", "km", "lo", "my", "th", "yue", "zh"})


def opening(script: Script) -> str:
    """The first whole sentences of `script`, about half a minute of them; one at least."""
    sentences = split_sentences("\n\n".join(scene.text for scene in script.scenes), script.brief.language)
    text, words, pause = "", 0, ""
    for sentence in sentences:
        words += len(sentence.text.split())
        longer = text + pause + sentence.text
        if text and (words > MOST_WORDS or len(longer) > MOST_CHARACTERS):
            break
        text = longer
        pause = "\n\n" if sentence.after == "paragraph" else " "
    return text


def known(brief: Brief) -> str:
    """The known passage in the brief's language; where there is none, what the brief itself says."""
    language = brief.language.split("-")[0].lower()
    article = ARTICLE.get({"no": "nb", "cmn": "zh"}.get(language, language))
    return article or " ".join([brief.topic, *brief.points])[:MOST_CHARACTERS]


def words_per_minute(text: str, language: str, seconds: float) -> float | None:
    """How many of its words are said in a minute; None where words have no spaces between them."""
    if language.split("-")[0].lower() in UNSPACED or seconds <= 0:
        return None
    return len(text.split()) * 60 / seconds
