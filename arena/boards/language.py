"""Which language a text is in, by its script and its most frequent small words.

The rule: what stands in fenced blocks of code is left out. The script of most letters decides
where one language is written in it (Greek, Thai, Korean …); Chinese signs are Japanese where at
least one letter in twenty is kana. Within the Latin, Cyrillic, Arabic and Devanagari scripts each
small word of a language counts for it, shared between the languages that have the same word, and
so does each letter that few languages use. The language with the most points is taken where it
has at least one and a half, or, in a short text, a tenth of the words but not less than a half;
"" means that the text does not say.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from arena.boards.style import unfenced

LONGEST = 4_000
LEAST_POINTS = 1.5
LEAST_FEW = 0.5
LEAST_SHARE = 0.1
KANA_SHARE = 0.05

LANGUAGES: Mapping[str, str] = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese",
    "it": "Italian", "nl": "Dutch", "pl": "Polish", "cs": "Czech", "sk": "Slovak",
    "ro": "Romanian", "hu": "Hungarian", "tr": "Turkish", "sv": "Swedish", "da": "Danish",
    "no": "Norwegian", "fi": "Finnish", "et": "Estonian", "lv": "Latvian", "lt": "Lithuanian",
    "hr": "Croatian", "sl": "Slovenian", "ca": "Catalan", "id": "Indonesian", "vi": "Vietnamese",
    "sw": "Swahili", "tl": "Tagalog", "ru": "Russian", "uk": "Ukrainian", "bg": "Bulgarian",
    "sr": "Serbian", "be": "Belarusian", "kk": "Kazakh", "ar": "Arabic", "fa": "Persian",
    "ur": "Urdu", "hi": "Hindi", "mr": "Marathi", "ne": "Nepali", "zh": "Chinese",
    "ja": "Japanese", "ko": "Korean", "el": "Greek", "he": "Hebrew", "th": "Thai",
    "bn": "Bengali", "pa": "Punjabi", "gu": "Gujarati", "ta": "Tamil", "te": "Telugu",
    "kn": "Kannada", "ml": "Malayalam", "si": "Sinhala", "km": "Khmer", "lo": "Lao",
    "my": "Burmese", "ka": "Georgian", "hy": "Armenian", "am": "Amharic",
}  # fmt: skip
"""Codes of ISO 639-1 and their English names."""

# First and last letter, and the script's only language, or else the script's name.
_SCRIPTS = (
    ("A", "\u024f", "latin"), ("\u0370", "\u03ff", "el"), ("\u0400", "\u052f", "cyrillic"),
    ("\u0530", "\u058f", "hy"), ("\u0590", "\u05ff", "he"), ("\u0600", "\u077f", "arabic"),
    ("\u0900", "\u097f", "devanagari"), ("\u0980", "\u09ff", "bn"), ("\u0a00", "\u0a7f", "pa"),
    ("\u0a80", "\u0aff", "gu"), ("\u0b80", "\u0bff", "ta"), ("\u0c00", "\u0c7f", "te"),
    ("\u0c80", "\u0cff", "kn"), ("\u0d00", "\u0d7f", "ml"), ("\u0d80", "\u0dff", "si"),
    ("\u0e00", "\u0e7f", "th"), ("\u0e80", "\u0eff", "lo"), ("\u1000", "\u109f", "my"),
    ("\u10a0", "\u10ff", "ka"), ("\u1100", "\u11ff", "ko"), ("\u1200", "\u137f", "am"),
    ("\u1780", "\u17ff", "km"), ("\u1e00", "\u1eff", "latin"), ("\u3040", "\u30ff", "kana"),
    ("\u3400", "\u9fff", "han"), ("\uac00", "\ud7af", "ko"), ("\uf900", "\ufaff", "han"),
)  # fmt: skip
_SIGNS = {
    script: re.compile(
        "[" + "".join(f"{low}-{high}" for low, high, name in _SCRIPTS if name == script) + "]"
    )
    for script in {name for _, _, name in _SCRIPTS}
}
_NO_LETTERS = re.compile(r"[\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+")

_SMALL_WORDS = {
    "latin": {
        "en": "the a i and of to is in that it for you what how with are this on can my do why from"
        " have which would write should please an your me give explain between does at by be"
        " who when where into they we he she not as or if about all was were translate hello make",
        "de": "der die das und ist nicht ein eine zu den mit wie von was für ich sich auf im dem"
        " es sind wird oder bitte kann auch warum einen einem zwischen schreibe über aus bei hallo",
        "fr": "le la les des et est un une que qui pour dans du pas en je vous il ce au sur avec"
        " comment pourquoi quelle quel sont être aux mon plus ou écris entre moi nous bonjour",
        "es": "el la los las de y es un una que en por para con del no se cómo qué como más su"
        " lo al cuál son puedo este entre porque escribe mi hay explica sobre me hola",
        "pt": "o a os as de e é um uma que em para com do da não como qual por mais se dos das"
        " no na são você meu entre porque escreva explique sobre eu ao uma pelo",
        "it": "il la le gli di e è un una che per con del della non come sono più mi si cosa da"
        " perché qual nel dei alla questo tra scrivi spiega lo anche io sulla una",
        "nl": "de het een en van is dat in te niet met voor hoe wat op zijn ik je er aan waarom"
        " deze kan bij naar tussen schrijf leg uit mijn om ook als worden",
        "pl": "i w na z się nie jest to do jak co dla że po od czy przez dlaczego oraz jaki jest"
        " jakie między napisz o są mi ma można który",
        "cs": "a v na se je že to s z do jak co pro jsou ale proč která který mezi napiš mi po"
        " od být nebo jaký při může jsem tak",
        "sk": "a v na sa je že to s z do ako čo pre sú ale prečo ktorá ktorý medzi napíš mi po"
        " od byť alebo aký pri môže som tak",
        "ro": "și de la în un o care este cu pentru nu ce din pe cum sunt mai că se între scrie"
        " al ale lui despre sau fi",
        "hu": "a az és hogy nem egy van is mi miért ez meg de mint volt csak ha kell vagy között"
        " írj hogyan milyen nagyon",
        "tr": "ve bir bu ne için ile mi nasıl da de neden olan daha çok en gibi var olarak bana"
        " arasında yaz mı nedir değil kadar",
        "sv": "och att det är en ett i som på inte för med av hur vad jag till den varför kan om"
        " mellan skriv från har eller vilka",
        "da": "og at det er en et i som på ikke for med af hvordan hvad jeg til den hvorfor kan"
        " om mellem skriv fra har eller hvilke der",
        "no": "og at det er en et i som på ikke for med av hvordan hva jeg til den hvorfor kan"
        " om mellom skriv fra har eller hvilke",
        "fi": "ja on ei se että mitä miten mikä miksi ovat kun mutta tai olla kuin voi minä sinä"
        " kirjoita välillä joka ovatko minulle niin",
        "et": "ja on ei see et mis kuidas miks ning kui oma või ka seda kas mida vahel kirjuta",
        "lv": "un ir ka kā kas par no uz ar kāpēc vai nav tas starp uzraksti lai es",
        "lt": "ir yra kad kaip kas kodėl su iš į ne arba tai tarp parašyk aš bet už",
        "hr": "i je u na se da što kako za su s od ne zašto koji između napiši li ili sam ako",
        "sl": "in je v na se da kaj kako za so z od ne zakaj ki med napiši ali sem če pri",
        "ca": "el la els les de i és un una que en per amb del no com què més són entre escriu"
        " perquè meva explica aquest quina",
        "id": "yang dan di itu ini untuk dengan adalah apa bagaimana saya dari tidak ke pada"
        " mengapa atau dalam antara tulis jelaskan bisa akan",
        "vi": "là và của không một có cho tôi như thế nào trong được các những gì tại sao với"
        " hãy viết giữa này về",
        "sw": "na ya wa ni kwa katika nini jinsi kuwa kwamba hii kama au gani andika eleza kati",
        "tl": "ang ng sa na mga ay ito paano ano bakit para ko ba isang at hindi isulat",
    },
    "cyrillic": {
        "ru": "и в не на что как с это по для из к я почему или между чем напиши какой мне у от",
        "uk": "і в не на що як з це по для із до я чому або між чим напиши який мені у від та",
        "bg": "и в не на че как с това по за от до аз защо или между какво напиши е са ли се да",
        "sr": "и у не на да како са то по за од до ја зашто или између шта напиши је су ли се",
        "be": "і ў не на што як з гэта па для да я чаму або паміж чым напішы які мне ад",
        "kk": "және бұл мен үшін қалай не неге бір бар емес туралы арасында жаз деген",
    },
    "arabic": {
        "ar": "في من على ما هو هي أن إلى هذا كيف لماذا التي الذي عن مع لا بين أو اكتب هل",
        "fa": "در از که به را این است با برای چه چگونه چرا می های و بین بنویس آیا یک",
        "ur": "میں کے کی کا ہے اور سے کو یہ کیا کیسے نے پر ہیں کیوں لکھیں درمیان ایک",
    },
    "devanagari": {
        "hi": "है के में की का और से को यह क्या कैसे नहीं पर हैं क्यों लिखें एक मुझे बीच",
        "mr": "आहे आणि हे काय कसे नाही च्या मला का एक लिहा मध्ये आहेत करा",
        "ne": "छ र को मा हो के कसरी छन् लाई यो गर्न लेख्नुहोस् किन छैन",
    },
}
_RARE_LETTERS = {
    "ß": "de", "ñ": "es", "¿": "es", "ã": "pt", "õ": "pt et", "ł": "pl", "ż": "pl", "ę": "pl lt",
    "ą": "pl lt", "ř": "cs", "ů": "cs", "ě": "cs", "ľ": "sk", "ĺ": "sk", "ŕ": "sk", "ô": "sk fr",
    "ă": "ro vi", "ț": "ro", "ș": "ro", "ő": "hu", "ű": "hu", "ğ": "tr", "ı": "tr", "ş": "tr",
    "å": "sv da no", "æ": "da no", "ø": "da no", "ä": "de sv fi et",
    "ö": "de sv fi et hu tr", "ü": "de hu tr et", "ė": "lt", "ų": "lt",
    "ģ": "lv", "ķ": "lv", "ļ": "lv", "ņ": "lv", "ā": "lv", "ē": "lv", "đ": "vi hr", "ư": "vi",
    "ơ": "vi", "œ": "fr", "ç": "fr pt tr ca", "ы": "ru be kk", "э": "ru be kk", "ё": "ru be",
    "і": "uk be kk", "ї": "uk", "є": "uk", "ґ": "uk", "ў": "be", "ъ": "bg ru", "ђ": "sr",
    "ј": "sr", "љ": "sr", "њ": "sr", "ћ": "sr", "џ": "sr", "қ": "kk", "ң": "kk", "ғ": "kk",
    "ә": "kk", "ұ": "kk", "پ": "fa ur", "چ": "fa ur", "گ": "fa ur", "ژ": "fa", "ٹ": "ur",
    "ڈ": "ur", "ڑ": "ur", "ں": "ur", "ے": "ur", "ہ": "ur", "ة": "ar", "ى": "ar", "إ": "ar",
    "أ": "ar",
}  # fmt: skip


def _by_word(lists: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    owners: dict[str, list[str]] = {}
    for language, words in lists.items():
        for word in sorted(set(words.split())):
            owners.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in owners.items()}


_OWNERS = {script: _by_word(lists) for script, lists in _SMALL_WORDS.items()}
# A script's language where nothing but the script says.
_USUAL = {"cyrillic": "ru", "arabic": "ar", "devanagari": "hi"}


def language_of(text: str) -> str:
    """The code of the language that most of the text's beginning is in, or ""."""
    plain = "\n".join(unfenced(text))[:LONGEST].lower()
    letters = _NO_LETTERS.sub("", plain)
    counts = {script: len(signs.findall(letters)) for script, signs in _SIGNS.items()}
    eastern = counts.pop("kana") + counts.pop("han")
    counts["eastern"] = eastern
    script = max(counts, key=lambda name: (counts[name], name))
    if not counts[script]:
        return ""
    if script == "eastern":
        kana = len(_SIGNS["kana"].findall(letters))
        return "ja" if kana >= KANA_SHARE * eastern else "zh"
    if script in _OWNERS:
        return _by_points(plain, script)
    return script


def _by_points(plain: str, script: str) -> str:
    owners, points = _OWNERS[script], defaultdict[str, float](float)
    words = _WORDS.findall(plain)
    for word in words:
        for language in owners.get(word, ()):
            points[language] += 1.0 / len(owners[word])
    for letter, count in Counter(plain).items():
        languages = [code for code in _RARE_LETTERS.get(letter, "").split() if code in points]
        for language in languages or _RARE_LETTERS.get(letter, "").split():
            if language in _SMALL_WORDS[script]:
                points[language] += 0.5 * min(count, 10) / len(languages or ("",))
    if not points:
        return _USUAL.get(script, "")
    best = max(sorted(points), key=points.__getitem__)
    if points[best] >= min(LEAST_POINTS, max(LEAST_FEW, LEAST_SHARE * len(words))):
        return best
    return _USUAL.get(script, "")
