# SPDX-License-Identifier: MIT
"""A small SPM vocabulary with byte fallback: trained by merging pairs, encoded the way GGUF's "llama" tokenizer encodes
(of all neighbours whose concatenation is a piece, join the pair with the highest score, leftmost first)."""
import collections
import re

SPACE = "\u2581"
UNK, BOS, EOS = 0, 1, 2
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6

# Marks of the answers, each the join of two pieces before it, so that a field name with its quotes is one token.
MARKS = [("{", '"'), ('"', ":"), ('":', '"'), (",", '"'), ('"', ',"'), ('"', "}"), (",", '{"'), ('"}', ',{"'), ("}",
                                        ',{"'), ("[", '{"'), ('"}', "]"), ("}", "]")]
FIELDS = [(before, name, after) for name, befores, after in [ ("action", ['{"', '[{"', '},{"', '"},{"'], '":"'),
                                        ("device", ['","'], '":"'), ("room", ['","'], '":"'), ("value", ['","'], '":'),
                                        ("unit", [',"'], '":"'), ("color", ['","'], '":"'), ("at", ['","', ',"'],
                                        '":"'), ("in", ['","', ',"'], '":'), ("for", ['","', ',"'], '":')] for before
          in befores]


def words_of(text):
    """Pieces never span two words, nor letters and digits or marks."""
    return re.findall(SPACE + "?[^\\W\\d]+(?:'[a-z]+)?|.", SPACE + text.replace(" ", SPACE), re.S)


def answer_words(answer):
    return re.findall("[a-z_]+", answer)


def train(pairs, n_vocab):
    """pairs of (sentence, JSON) -> [(piece, score, type)] with n_vocab entries."""
    counts, chars = collections.Counter(), collections.Counter()
    for text, answer in pairs:
        counts.update(w for w in words_of(text) if len(w) > 1)
        counts.update(answer_words(answer))
        chars.update(SPACE + text.replace(" ", SPACE) + answer)
    for name in {f[1] for f in FIELDS}:
        counts[name] += 1000000
    alphabet = sorted(set(c for c, n in chars.items() if n > 20) | set("abcdefghijklmnopqrstuvwxyz0123456789") |
                      set("{}[]\",:"))
    specials = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)] + [("<0x%02X>" % b, 0.0, BYTE)
                                            for b in range(256)]
    marks = MARKS + [m for b, n, a in FIELDS for m in ((b, n), (b + n, a))]
    n_merges = n_vocab - len(specials) - len(alphabet) - len(marks)
    words = {w: list(w) for w in counts}
    pieces, seen = [], set(alphabet)
    while len(pieces) < n_merges:
        pair_counts = collections.Counter()
        for w, symbols in words.items():
            for pair in zip(symbols, symbols[1:]):
                pair_counts[pair] += counts[w]
        (a, b), _ = max(pair_counts.items(), key=lambda item: (item[1], item[0]))
        if a + b not in seen:
            seen.add(a + b)
            pieces.append(a + b)
        for w, symbols in words.items():
            if len(symbols) < 2 or a + b not in w:
                continue
            joined, i = [], 0
            while i < len(symbols):
                if i + 1 < len(symbols) and symbols[i] == a and symbols[i + 1] == b:
                    joined.append(a + b)
                    i += 2
                else:
                    joined.append(symbols[i])
                    i += 1
            words[w] = joined
    pieces += [a + b for a, b in marks]
    merged = [(p, -1.0 - i, NORMAL) for i, p in enumerate(pieces)]
    return specials + merged + [(c, -1.0 - len(merged) - i, NORMAL) for i, c in enumerate(alphabet)]


class Tokenizer:
    def __init__(self, vocab):
        self.vocab = vocab
        self.ids = {p: i for i, (p, _, t) in enumerate(vocab) if t == NORMAL}
        self.cache = {}

    def merge(self, text):
        """The ids of a text that holds no space marks of its own."""
        got = self.cache.get(text)
        if got is not None:
            return got
        symbols = list(text)
        while True:
            best, at = None, -1
            for i in range(len(symbols) - 1):
                j = self.ids.get(symbols[i] + symbols[i + 1])
                if j is not None and (best is None or self.vocab[j][1] > best):
                    best, at = self.vocab[j][1], i
            if at < 0:
                break
            symbols[at:at + 2] = [symbols[at] + symbols[at + 1]]
        out = []
        for s in symbols:
            j = self.ids.get(s)
            out.extend([j] if j is not None else [3 + b for b in s.encode()])
        if len(self.cache) < 200000:
            self.cache[text] = out
        return out

    def encode(self, text):
        """No piece has a digit beside another character nor a space mark but in front: so parts merge apart."""
        return [i for part in re.findall("\\d|" + SPACE + "?[^\\d" + SPACE + "]*", text.replace(" ", SPACE)) if part
                for i in self.merge(part)]

    def prompt(self, sentence):
        return [BOS] + self.encode(" " + sentence + "\n")

    def answer(self, text):
        return self.encode(text) + [EOS]

    def decode(self, ids):
        out = b""
        for i in ids:
            piece, _, kind = self.vocab[i]
            out += bytes([i - 3]) if kind == BYTE else piece.encode() if kind == NORMAL else b""
        return out.decode(errors="replace").replace(SPACE, " ")
