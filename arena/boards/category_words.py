"""The words that the rules of categories look for: English first, then German, French, Spanish,
Portuguese, Italian, Dutch, Russian, and phrases in Chinese and Japanese where words have no spaces
between them. All in small letters."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CODE_WORDS = _words(
    "python javascript typescript java c++ c# sql html css php golang kotlin haskell perl bash"
    " powershell matlab fortran cobol julia numpy pandas pytorch tensorflow django flask fastapi"
    " react vue angular node.js nodejs npm docker kubernetes dockerfile git github regex regexp"
    " json xml yaml csv api apis http url backend frontend codebase debugger compiler refactor"
    " docstring pseudocode algorithm algorithms recursion leetcode subroutine stacktrace traceback"
    " segfault async mutex multithreading linux ubuntu postgres postgresql mysql sqlite mongodb"
    " redis graphql webpack makefile cmake arduino verilog vhdl assembler programmiere quellcode"
    " algorithmus algorithme algoritmo algoritme programación programmation programmazione"
    " programmeren скрипт программу программирования алгоритм"
)
CODE_PHRASES = (
    "source code", "code review", "write code", "write a function", "write a program",
    "write a script", "unit test", "shell script", "command line", "data structure",
    "this code", "the code", "my code", "stack overflow", "代码", "编程", "函数实现", "算法",
    "コード", "プログラム",
)  # fmt: skip
MATHS_WORDS = _words(
    "equation equations integral integrals integrate derivative derivatives differentiate theorem"
    " lemma polynomial quadratic matrix matrices eigenvalue eigenvalues determinant algebra"
    " calculus geometry trigonometry logarithm cosine arithmetic modulo factorial combinatorics"
    " permutation permutations probability probabilities hypotenuse perimeter circumference"
    " fibonacci bayes variance math maths mathematics mathematical gleichung ableitung"
    " wahrscheinlichkeit mathematik équation intégrale dérivée probabilité mathématiques ecuación"
    " derivada probabilidad matemáticas equação probabilidade matemática equazione derivata"
    " probabilità matematica vergelijking waarschijnlijkheid wiskunde уравнение интеграл"
    " производная вероятность математика"
)
MATHS_PHRASES = (
    "square root", "prime number", "solve for", "how many ways", "standard deviation",
    "方程", "积分", "导数", "概率", "数学", "方程式", "積分", "確率",
)  # fmt: skip
WRITING_VERBS = _words(
    "write compose create invent tell craft draft imagine pen generate make schreib schreibe"
    " schreiben dichte verfasse erfinde erzähl erzähle écris écrivez écrire compose raconte"
    " invente imagine escribe escribir escriba inventa cuenta cuéntame compón escreva escrever"
    " conte crie scrivi scrivere inventa racconta raccontami componi schrijf verzin vertel напиши"
    " напишите сочини придумай расскажи"
)
FORMS = _words(
    "poem poems poetry haiku haikus sonnet limerick ballad ode verse verses rhyme rhymes story"
    " stories tale fable fairytale novel novella chapter song songs lyrics rap joke jokes slogan"
    " slogans tagline screenplay script dialogue monologue scene villanelle character fiction"
    " fanfic fanfiction parody satire riddle riddles speech toast letter gedicht gedichte"
    " geschichte märchen lied liedtext witz witze roman kurzgeschichte rätsel poème poèmes"
    " histoire conte chanson nouvelle blague fable poema poemas cuento historia canción chiste"
    " chistes fábula conto história canção piada poesia poesie storia racconto canzone"
    " barzelletta favola gedichten verhaal sprookje liedje grap стихотворение стих стихи рассказ"
    " сказку сказка историю песню анекдот"
)
EASTERN_WRITING = (
    (("写", "创作", "編寫", "寫", "讲"), ("诗", "詩", "故事", "小说", "歌词", "笑话", "剧本")),
    (("書い", "作っ", "考え"), ("詩", "物語", "小説", "俳句", "歌詞", "話")),
    (("써", "지어", "만들어"), ("시를", "이야기", "소설", "가사", "농담")),
)
NUMBER_WORDS = _words(
    "one two three four five six seven eight nine ten twelve twenty fifty hundred single a"
    " zwei drei vier fünf sechs sieben acht neun zehn deux trois quatre cinq sept huit neuf dix dos"
    " tres cuatro cinco seis siete ocho nueve diez due tre quattro cinque sei dieci"
)
UNITS = _words(
    "words sentences sentence paragraph paragraphs lines line characters letters syllables bullet"
    " bullets points items steps examples stanzas verses pages tokens wörter wörtern sätze sätzen"
    " satz absätze zeilen stichpunkte mots phrases phrase paragraphes lignes palabras frases"
    " oraciones párrafos líneas palavras parágrafos linhas parole frasi paragrafi righe woorden"
    " zinnen regels слов предложений предложения предложениях строк"
)
FORMATS = (
    "as json", "in json", "as a table", "in a table", "as a list", "as a bullet", "in bullet",
    "bullet points", "in markdown", "as csv", "in xml", "as yaml", "in uppercase", "in lowercase",
    "all caps", "numbered list", "step by step", "in the style of", "in alphabetical order",
    "respond only", "answer only", "reply only", "only output", "only answer", "start with",
    "end with", "begin with", "must include", "must contain", "be concise", "keep it short",
    "in the form of", "als tabelle", "als liste", "sous forme de", "en forma de", "in forma di",
)  # fmt: skip
FORBIDDING = (
    "without using", "do not", "don't", "must not", "should not", "avoid using", "never use",
    "no more than", "at most", "at least", "exactly", "ohne ", "nicht mehr als", "sans utiliser",
    "sin usar", "sem usar", "senza usare", "zonder te", "не используй",
)  # fmt: skip
HARD_VERBS = _words(
    "prove derive design debug optimise optimize implement analyse analyze compare evaluate"
    " justify diagnose architect refactor estimate formulate simulate synthesise synthesize"
    " troubleshoot critique deduce beweise analysiere vergleiche entwirf begründe prouve analyse"
    " compare conçois demuestra analiza compara diseña prove analise projete dimostra analizza"
    " confronta progetta bewijs vergelijk ontwerp докажи проанализируй сравни спроектируй"
)
REFUSALS = (
    "i can't help", "i cannot help", "i can't assist", "i cannot assist", "i can't provide",
    "i cannot provide", "i can't fulfill", "i cannot fulfill", "i can't create", "i cannot create",
    "i can't write", "i cannot write", "i can't generate", "i cannot generate", "i can't do that",
    "i can't comply", "i cannot comply", "i can't engage", "i cannot engage", "i can't discuss",
    "i cannot discuss", "i can't answer", "i cannot answer", "i'm not able to help",
    "i am not able to help", "i'm not able to assist", "i am not able to assist",
    "i'm unable to help", "i'm unable to assist", "i am unable to", "i'm unable to provide",
    "i won't help", "i will not help", "i won't provide", "i must decline", "i have to decline",
    "i'm sorry, but i can't", "i'm sorry, but i cannot", "i'm sorry, i can't",
    "i'm sorry, i cannot", "sorry, but i can't", "i apologize, but i can",
    "as an ai language model, i can", "as an ai language model i can", "as an ai model, i can",
    "as a language model, i can", "as an ai, i can", "i don't feel comfortable",
    "das kann ich leider nicht", "ich kann ihnen dabei nicht", "ich kann dir dabei nicht",
    "tut mir leid, aber ich kann", "je ne peux pas vous aider", "désolé, mais je ne peux",
    "lo siento, pero no puedo", "no puedo ayudarte", "desculpe, mas não posso",
    "mi dispiace, ma non posso", "het spijt me, maar ik kan", "я не могу помочь",
    "извините, но я не могу", "我无法", "我不能", "抱歉，我", "申し訳ありませんが",
    "お手伝いできません",
    "죄송하지만",
)  # fmt: skip
