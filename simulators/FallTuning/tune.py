#!/usr/bin/env python3
"""Fits the fall detector's networks to a corpus of recorded trials and writes Sources/LifeSafety/FallNetworkTables.swift.

    simulators/FallTuning/tune.py --corpus DIR compare     the approaches, by cross-validation over subjects and activities
    simulators/FallTuning/tune.py --corpus DIR fit         fits on all subjects and writes the tables
    simulators/FallTuning/tune.py --corpus DIR check       fits and fails if the tables in the repository differ

The features come from `fall-tuning`, that is from the detector's own code, for every recording as it is and as
VARIANTS - 1 random sensors would have seen it. Every random choice follows from SEED. Needs numpy and scikit-learn
(requirements.txt names the versions with which the tables were made).
"""
import argparse
import csv
import os
import pathlib
import subprocess
import sys
import tempfile

# One thread and one kind of processor: sums are then made in the same order everywhere.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")

import numpy as np  # noqa: E402

SEED = 20_240_601
VARIANTS = 12
FEATURES = 80
NETWORKS = 3
FIRST, SECOND = 24, 8
# Fixed-point numbers of the detector: inputs, weights and the steps of the standardiser.
INPUT_ONE, ONE, SCALE_BITS = 256, 1024, 20
EPOCHS = 15
PENALTY = 0.3

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = ROOT / "Sources/LifeSafety/FallNetworkTables.swift"

# Eight folds of two or three subjects each; the elders are spread over all of them.
SUBJECT_FOLDS = 8
# Activities left out together, so that each is judged by what was learned from others.
ACTIVITY_FOLDS = [
    ["F01", "F04", "F07", "D01", "D05", "D09", "D13"],
    ["F02", "F05", "F08", "D02", "D06", "D10", "D14", "D19"],
    ["F03", "F06", "F09", "D03", "D07", "D11", "D15"],
    ["F10", "F12", "F14", "D04", "D08", "D12", "D16"],
    ["F11", "F13", "F15", "D17", "D18"],
]


class Corpus:
    def __init__(self, folder):
        rows = list(csv.DictReader(open(pathlib.Path(folder) / "manifest.csv")))
        number = lambda key: np.array([float(row[key]) if row.get(key) else np.nan for row in rows])
        self.count = len(rows)
        self.name = np.array([row["trial"] for row in rows])
        self.subject = np.array([row["subject"] for row in rows])
        self.activity = np.array([row["activity"] for row in rows])
        self.is_elder = np.array([row["group"] == "elder" for row in rows])
        self.is_fall = np.array([row["label"] == "fall" for row in rows])
        self.start, self.end, self.peak = number("fall_start_s"), number("fall_end_s"), number("peak_s")

    def subject_folds(self):
        adults = sorted({s for s, e in zip(self.subject, self.is_elder) if not e})
        elders = sorted({s for s, e in zip(self.subject, self.is_elder) if e})
        return [set(adults[k::SUBJECT_FOLDS]) | set(elders[k::SUBJECT_FOLDS]) for k in range(SUBJECT_FOLDS)]


class Impacts:
    """Every impact that the detector would judge, with its features and its label."""

    def __init__(self, path, corpus):
        table = np.fromfile(path, dtype="<i4").reshape(-1, 4 + FEATURES)
        self.trial, self.variant = table[:, 0], table[:, 1]
        self.time, self.magnitude = table[:, 2] / 1000.0, table[:, 3]
        self.features = table[:, 4:]
        self.label = self._labels(corpus)
        self.variants = int(self.variant.max()) + 1

    def _labels(self, corpus):
        """1 for the largest impact of each fall, 0 for what is no fall, -1 for what follows or accompanies a fall."""
        label = np.zeros(len(self.trial), int)
        fall = corpus.is_fall[self.trial]
        first = np.fmin(corpus.start, corpus.peak)[self.trial] - 0.7
        last = np.fmax(corpus.end, corpus.peak)[self.trial] + 1.2
        label[fall & (self.time >= first)] = -1
        inside = np.where(fall & (self.time >= first) & (self.time <= last))[0]
        key = self.trial.astype(np.int64) * 1000 + self.variant
        order = inside[np.lexsort((-self.magnitude[inside], key[inside]))]
        label[order[np.r_[True, np.diff(key[order]) != 0]]] = 1
        return label


def extract(corpus_folder, keep=None):
    """Runs the detector's own front end over the corpus; returns the file with the features."""
    target = keep or os.path.join(tempfile.mkdtemp(), "features.bin")
    if keep and os.path.exists(keep):
        return keep
    subprocess.run(["swift", "build", "-c", "release", "--product", "fall-tuning"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([str(ROOT / ".build/release/fall-tuning"), corpus_folder, target, str(VARIANTS), str(SEED)],
                   check=True)
    return target


# --- Approaches -------------------------------------------------------------------------------------------------

class Standardiser:
    """As the detector does it: integer means and scales, cut at four standard deviations; result in 256ths."""

    def fit(self, features):
        self.means = np.round(features.mean(axis=0)).astype(np.int64)
        deviation = np.maximum(features.std(axis=0), 1.0)
        self.scales = np.round(INPUT_ONE * 2.0**SCALE_BITS / deviation).astype(np.int64)
        return self

    def apply(self, features):
        scaled = ((features.astype(np.int64) - self.means) * self.scales) >> SCALE_BITS
        return np.clip(scaled, -4 * INPUT_ONE, 4 * INPUT_ONE)


class Networks:
    """The mean of several networks; fitted in floating point, used in the detector's integers."""

    def __init__(self, count=NETWORKS, hidden=(FIRST, SECOND), seed=SEED):
        self.count, self.hidden, self.seed = count, hidden, seed

    def fit(self, features, label):
        from sklearn.neural_network import MLPClassifier
        self.standardiser = Standardiser().fit(features)
        inputs = self.standardiser.apply(features) / INPUT_ONE
        self.layers = []
        for number in range(self.count):
            model = MLPClassifier(self.hidden, alpha=PENALTY, max_iter=EPOCHS, batch_size=512,
                                  random_state=(self.seed + number) % 2**31)
            import warnings
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model.fit(inputs, label)
            self.layers.append([(fixed(w.T), fixed(b)) for w, b in zip(model.coefs_, model.intercepts_)])
        return self

    def score(self, features):
        inputs = self.standardiser.apply(features)
        total = np.zeros(len(inputs), np.int64)
        for layers in self.layers:
            signal = inputs
            for depth, (weights, biases) in enumerate(layers):
                # The first layer multiplies inputs, the others what has as many bits as a weight.
                bits = 8 if depth == 0 else 10
                # Whole numbers below 2^53 are exact in floating point, and much faster there.
                product = (signal.astype(float) @ weights.T.astype(float)).astype(np.int64)
                signal = (product + (biases << bits)) >> bits
                if depth + 1 < len(layers):
                    signal = np.maximum(signal, 0)
            total += signal[:, 0]
        # Towards zero, as the detector divides.
        return np.sign(total) * (np.abs(total) // self.count) / ONE


def fixed(values):
    result = np.round(np.asarray(values) * ONE).astype(np.int64)
    assert np.abs(result).max() < 8 * ONE, "a weight of 8 or more would overflow the detector's sums"
    return result


class OneTilt:
    """One feature: the cosine between gravity before the impact and in the half second after it."""

    def fit(self, features, label):
        return self

    def score(self, features):
        return (8192 - features[:, 15]) / 2048.0


class Rules:
    """Four thresholds, fitted one after another: turned, stays turned, hit hard enough, fell or turned fast."""

    COLUMNS = [(15, -1), (17, -1), (36, 1), (34, -1)]

    def fit(self, features, label):
        inputs = [sign * features[:, column].astype(float) for column, sign in self.COLUMNS]
        self.centre = [np.quantile(x[label == 1], 0.004) for x in inputs]
        self.scale = [x.std() for x in inputs]
        return self

    def score(self, features):
        inputs = [sign * features[:, column].astype(float) for column, sign in self.COLUMNS]
        return np.min([(x - c) / s for x, c, s in zip(inputs, self.centre, self.scale)], axis=0)


class FromSklearn:
    def __init__(self, make):
        self.make = make

    def fit(self, features, label):
        self.standardiser = Standardiser().fit(features)
        self.model = self.make().fit(self.standardiser.apply(features) / INPUT_ONE, label)
        return self

    def score(self, features):
        p = np.clip(self.model.predict_proba(self.standardiser.apply(features) / INPUT_ONE)[:, 1], 1e-7, 1 - 1e-7)
        return np.log(p / (1 - p))


def approaches():
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    trees = lambda: HistGradientBoostingClassifier(max_iter=100, max_depth=3, learning_rate=0.1, max_bins=64,
                                                   min_samples_leaf=60, l2_regularization=3, random_state=SEED % 2**31)
    return [
        ("one tilt", OneTilt),
        ("four rules", Rules),
        ("logistic, 80 features", lambda: FromSklearn(lambda: LogisticRegression(C=0.1, max_iter=300))),
        ("100 trees of depth 3", lambda: FromSklearn(trees)),
        ("one network 80-16-1", lambda: Networks(1, (16,))),
        ("one network 80-24-8-1", lambda: Networks(1)),
        ("three networks 80-24-8-1 (shipped)", Networks),
    ]


# --- Judging ----------------------------------------------------------------------------------------------------

def cross_validated(make, impacts, folds, corpus, key):
    score = np.full(len(impacts.trial), -99.0)
    for fold in folds:
        held_out = np.isin(key[impacts.trial], list(fold))
        chosen = ~held_out & (impacts.label >= 0)
        model = make().fit(impacts.features[chosen], impacts.label[chosen])
        score[held_out] = model.score(impacts.features[held_out])
    return score


def by_trial(score, impacts, corpus):
    """The highest score of each trial and variant; what happened before a fall does not count for it."""
    result = np.full((corpus.count, impacts.variants), -99.0)
    counts = ~(corpus.is_fall[impacts.trial] & (impacts.label == 0))
    np.maximum.at(result, (impacts.trial[counts], impacts.variant[counts]), score[counts])
    return result


def compare(corpus, impacts):
    print(f"{'approach':36} {'left out':10} {'at':>5} {'sens.':>6} {'spec.':>6}  {'sens.':>6} {'spec.':>6} of variants")
    for name, make in approaches():
        for left_out, folds, key in [("subjects", corpus.subject_folds(), corpus.subject),
                                     ("activities", ACTIVITY_FOLDS, corpus.activity)]:
            trials = by_trial(cross_validated(make, impacts, folds, corpus, key), impacts, corpus)
            falls, others = trials[corpus.is_fall], trials[~corpus.is_fall]
            # Where sensitivity and specificity of the variants are in best balance.
            levels = np.linspace(-6, 6, 241)
            level = levels[np.argmax([(falls >= t).mean() + (others < t).mean() for t in levels])]
            print(f"{name:36} {left_out:10} {level:5.2f} {(falls[:, 0] >= level).mean():6.4f} "
                  f"{(others[:, 0] < level).mean():6.4f}  {(falls[:, 1:] >= level).mean():6.4f} "
                  f"{(others[:, 1:] < level).mean():6.4f}", flush=True)


def operating_points(corpus, impacts):
    """What the decision threshold does, by cross-validation over subjects, for the shipped approach."""
    trials = by_trial(cross_validated(Networks, impacts, corpus.subject_folds(), corpus, corpus.subject), impacts, corpus)
    elder, fall = corpus.is_elder, corpus.is_fall
    print("threshold  sensitivity           specificity           elders' daily life")
    for level in (-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3):
        part = lambda rows, above: ((trials[rows] >= level) == above)
        print(f"{level:9.1f}  {part(fall, True)[:, 0].mean():.4f} ({part(fall, True)[:, 1:].mean():.4f})      "
              f"{part(~fall, False)[:, 0].mean():.4f} ({part(~fall, False)[:, 1:].mean():.4f})      "
              f"{part(~fall & elder, False)[:, 0].mean():.4f} ({part(~fall & elder, False)[:, 1:].mean():.4f})")
    level = 1.0
    print("missed at 1.0:", ", ".join(corpus.name[fall & (trials[:, 0] < level)]))
    print("false at 1.0:", ", ".join(corpus.name[~fall & (trials[:, 0] >= level)]))


# --- Tables -----------------------------------------------------------------------------------------------------

def swift_array(name, type_name, values, comment):
    lines, line = [], "       "
    for value in values:
        text = f" {value},"
        if len(line) + len(text) > 119:
            lines.append(line)
            line = "       "
        line += text
    lines.append(line)
    body = "\n".join(lines)
    return f"    /// {comment}\n    static let {name}: InlineArray<{len(values)}, {type_name}> = [\n{body}\n    ]\n"


def swift_tables(model):
    weights, biases = [], []
    for layers in model.layers:
        for w, b in layers:
            weights += [int(v) for v in w.reshape(-1)]
            biases += [int(v) for v in b]
    per_network_w = FEATURES * FIRST + FIRST * SECOND + SECOND
    per_network_b = FIRST + SECOND + 1
    assert len(weights) == NETWORKS * per_network_w and len(biases) == NETWORKS * per_network_b
    return f"""// Made by simulators/FallTuning/tune.py with seed {SEED}; do not edit.

/// The numbers of the networks in `FallNetwork`.
enum FallNetworkTables {{
    static var inputs: Int {{ {FEATURES} }}
    static var networks: Int {{ {NETWORKS} }}
    /// Units of the first and second layer.
    static var first: Int {{ {FIRST} }}
    static var second: Int {{ {SECOND} }}
    static var weightsOfNetwork: Int {{ {per_network_w} }}
    static var biasesOfNetwork: Int {{ {per_network_b} }}

{swift_array("means", "Int32", model.standardiser.means, "Mean of each feature.")}
{swift_array("scales", "Int32", model.standardiser.scales, "256 times 2^20 divided by the standard deviation of each feature.")}
{swift_array("biases", "Int16", biases, "Of each network: first layer, second layer, output; in 1,024ths.")}
{swift_array("weights", "Int16", weights, "Of each network: a row for each unit of the first layer, of the second, the output; in 1,024ths.")}}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, help="folder with manifest.csv and trials/")
    parser.add_argument("--features", help="keep the extracted features in this file and use it again if it is there")
    parser.add_argument("command", choices=["compare", "points", "fit", "check"])
    arguments = parser.parse_args()
    corpus = Corpus(arguments.corpus)
    impacts = Impacts(extract(arguments.corpus, arguments.features), corpus)
    if arguments.command == "compare":
        compare(corpus, impacts)
        return 0
    if arguments.command == "points":
        operating_points(corpus, impacts)
        return 0
    chosen = impacts.label >= 0
    text = swift_tables(Networks().fit(impacts.features[chosen], impacts.label[chosen]))
    if arguments.command == "fit":
        TABLES.write_text(text)
        print(f"wrote {TABLES.relative_to(ROOT)}")
        return 0
    if TABLES.read_text() != text:
        print(f"{TABLES.relative_to(ROOT)} is not what this corpus, seed and these versions give", file=sys.stderr)
        return 1
    print("the tables are reproduced")
    return 0


if __name__ == "__main__":
    sys.exit(main())
