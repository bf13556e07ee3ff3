#!/usr/bin/env python3
"""Fits the fall detector's networks and trees to a corpus of recorded trials and writes their tables,
Sources/LifeSafety/FallNetworkTables.swift and FallTreeTables.swift.

    simulators/FallTuning/tune.py --corpus DIR compare     the approaches, by cross-validation over subjects and activities
    simulators/FallTuning/tune.py --corpus DIR points      what the decision threshold does; each fold; what goes wrong
    simulators/FallTuning/tune.py --corpus DIR nested      weight and threshold chosen without the fold they are judged on
    simulators/FallTuning/tune.py --corpus DIR fit         fits on all subjects and writes the tables
    simulators/FallTuning/tune.py --corpus DIR check       fits and fails if the tables in the repository differ

The features come from `fall-tuning`, that is from the detector's own code, for every recording as it is and as random
sensors would have seen it on wearers of this and another pace. Every random choice follows from SEED. Needs numpy and scikit-learn
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
# Each recording as it is, and as so many random sensors, sensors of 20 Hz, and sensors on wearers of another pace saw it.
SENSORS, SLOW, PACES = 11, 6, 12
FEATURES = 80
NETWORKS = 8
FIRST, SECOND = 24, 8
# Fixed-point numbers of the detector: inputs, weights and the steps of the standardiser.
INPUT_ONE, ONE, SCALE_BITS = 256, 1024, 20
# The networks' fit: passes, inputs at a time, highest rate of learning, penalty on the square of weights, standard
# deviation of the noise on standardised inputs, how far labels are from certain, share of subjects that each network
# does not see.
PASSES, BATCH, RATE, PENALTY, NOISE, DOUBT, UNSEEN = 6, 1024, 0.003, 1e-4, 0.15, 0.003, 0.1

ROOT = pathlib.Path(__file__).resolve().parents[2]
NETWORK_TABLES = ROOT / "Sources/LifeSafety/FallNetworkTables.swift"
TREE_TABLES = ROOT / "Sources/LifeSafety/FallTreeTables.swift"
# The score: four parts of the networks and one of the trees, which are cut at odds of e^3 either way.
NETWORK_PARTS, TREE_PARTS, TREE_LIMIT = 4, 1, 3
TREES, DEPTH = 100, 3
# Decision threshold of the detector, and those that are shown.
THRESHOLD = 0.75
THRESHOLDS = (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2)

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
        self.seconds = number("samples") / 200

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
        self.subject = np.unique(corpus.subject, return_inverse=True)[1][self.trial]
        self.variants = 1 + SENSORS + SLOW
        self.judged = self.variant < self.variants
        self.fitted = (self.label >= 0) & ((self.variant <= SENSORS) | ~self.judged)

    def _labels(self, corpus):
        """1 for the largest impact of each fall, 0 for what is no fall, -1 for what follows or accompanies a fall."""
        label = np.zeros(len(self.trial), int)
        fall = corpus.is_fall[self.trial]
        first = np.fmin(corpus.start, corpus.peak)[self.trial] - 0.7
        last = np.fmax(corpus.end, corpus.peak)[self.trial] + 1.2
        # A step just before a fall has the fall in its window.
        label[fall & (self.time >= first - 1.5)] = -1
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
    subprocess.run([str(ROOT / ".build/release/fall-tuning"), corpus_folder, target, str(SENSORS), str(SLOW), str(PACES),
                    str(SEED)], check=True)
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

    def __init__(self, count=NETWORKS, hidden=(FIRST, SECOND)):
        self.count, self.hidden = count, hidden

    def fit(self, features, label, subject):
        self.standardiser = Standardiser().fit(features)
        weights, biases = fitted_networks(self.standardiser.apply(features) / INPUT_ONE, label, subject,
                                          self.count, self.hidden)
        self.layers = [[(fixed(w[number].T), fixed(b[number, 0])) for w, b in zip(weights, biases)]
                       for number in range(self.count)]
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


def fitted_networks(inputs, label, subject, count, hidden):
    """Weights and biases of each layer, all networks at once: Adam with one rise and fall of the rate of learning.

    Noise on the inputs and labels short of certain keep the networks from trusting small differences; each does without
    some of the subjects, so that they err in different places.
    """
    random = np.random.default_rng(SEED)
    inputs = inputs.astype(np.float32)
    wanted = (label * (1 - 2 * DOUBT) + DOUBT).astype(np.float32)
    sizes = (inputs.shape[1], *hidden, 1)
    weights, biases = [], []
    for before, after in zip(sizes[:-1], sizes[1:]):
        reach = (6 / (before + after))**0.5
        weights.append(random.uniform(-reach, reach, (count, before, after)).astype(np.float32))
        biases.append(np.zeros((count, 1, after), np.float32))
    subjects = np.unique(subject)
    sees = np.ones((count, subjects.max() + 1), np.float32)
    for row in sees:
        row[random.choice(subjects, round(len(subjects) * UNSEEN), replace=False)] = 0
    parameters = weights + biases
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    steps, step = PASSES * (len(inputs) // BATCH), 0
    for _ in range(PASSES):
        order = random.permutation(len(inputs))
        for begin in range(0, len(inputs) - BATCH + 1, BATCH):
            chosen = order[begin:begin + BATCH]
            noise = NOISE * random.standard_normal((BATCH, sizes[0]), dtype=np.float32)
            signals = [np.broadcast_to(inputs[chosen] + noise, (count, BATCH, sizes[0]))]
            for layer, (w, b) in enumerate(zip(weights, biases)):
                signal = signals[-1] @ w + b
                signals.append(np.maximum(signal, 0) if layer + 1 < len(weights) else signal)
            error = 1 / (1 + np.exp(-signals.pop())) - wanted[chosen][None, :, None]
            slope = error * sees[:, subject[chosen]][:, :, None] / BATCH
            slopes = [None] * len(parameters)
            for layer in reversed(range(len(weights))):
                slopes[layer] = signals[layer].transpose(0, 2, 1) @ slope + 2 * PENALTY * weights[layer]
                slopes[len(weights) + layer] = slope.sum(axis=1, keepdims=True)
                slope = slope @ weights[layer].transpose(0, 2, 1) * (signals[layer] > 0)
            done = step / steps
            rate = RATE * (done / 0.15 if done < 0.15 else 0.5 + 0.5 * np.cos(np.pi * (done - 0.15) / 0.85))
            step += 1
            for p, d, (mean, square) in zip(parameters, slopes, moments):
                mean += np.float32(0.1) * (d - mean)
                square += np.float32(0.001) * (d * d - square)
                p -= np.float32(rate / (1 - 0.9**step)) * mean / (np.sqrt(square / np.float32(1 - 0.999**step))
                                                                 + np.float32(1e-8))
    return weights, biases


def fixed(values, limit=8):
    result = np.round(np.asarray(values) * ONE).astype(np.int64)
    assert np.abs(result).max() < limit * ONE, f"{limit} or more would overflow the detector's sums"
    return result


class Trees:
    """Boosted trees over the networks' inputs; fitted in floating point, used in the detector's integers."""

    def fit(self, features, label, subject):
        from sklearn.ensemble import HistGradientBoostingClassifier
        self.standardiser = Standardiser().fit(features)
        model = HistGradientBoostingClassifier(max_iter=TREES, max_depth=DEPTH, learning_rate=0.1, max_bins=64,
                                               min_samples_leaf=60, l2_regularization=3, early_stopping=False,
                                               random_state=1)
        model.fit(self.standardiser.apply(features), label)
        self.start = int(fixed(model._baseline_prediction.reshape(-1)[0], limit=32))
        self.columns, self.limits, self.leaves = [], [], []
        for (tree,) in model._predictors:
            columns, limits, leaves = complete(tree.nodes)
            self.columns.append(columns)
            self.limits.append(limits)
            self.leaves.append(leaves)
        return self

    def score(self, features):
        inputs = self.standardiser.apply(features)
        total = np.full(len(inputs), self.start, np.int64)
        rows = np.arange(len(inputs))
        for columns, limits, leaves in zip(self.columns, self.limits, self.leaves):
            node = np.zeros(len(inputs), np.int64)
            for _ in range(DEPTH):
                node = 2 * node + 1 + (inputs[rows, np.take(columns, node)] > np.take(limits, node))
            total += np.take(leaves, node - (2**DEPTH - 1))
        return total / ONE


def complete(nodes):
    """A tree as a complete one of DEPTH levels: where it ends early, what follows is all the same."""
    columns, limits = [0] * (2**DEPTH - 1), [0] * (2**DEPTH - 1)
    leaves = [0] * 2**DEPTH

    def place(node, at, level):
        own = nodes[node]
        if level == DEPTH:
            assert own["is_leaf"]
            leaves[at - (2**DEPTH - 1)] = int(fixed(own["value"]))
        elif own["is_leaf"]:
            place(node, 2 * at + 1, level + 1)
            place(node, 2 * at + 2, level + 1)
        else:
            columns[at] = int(own["feature_idx"])
            limits[at] = int(np.floor(own["num_threshold"]))
            place(own["left"], 2 * at + 1, level + 1)
            place(own["right"], 2 * at + 2, level + 1)

    place(0, 0, 0)
    return columns, limits, leaves


class Together:
    """Networks and trees: networks carry further to strangers, trees to movements that nobody recorded."""

    def fit(self, features, label, subject):
        self.networks = Networks().fit(features, label, subject)
        self.trees = Trees().fit(features, label, subject)
        return self

    def score(self, features):
        return together(self.networks.score(features), self.trees.score(features))


def together(networks, trees, parts=(NETWORK_PARTS, TREE_PARTS)):
    """In whole numbers, as the detector does it: towards zero."""
    limit = TREE_LIMIT * ONE
    total = (np.round(networks * ONE).astype(np.int64) * parts[0]
             + np.clip(np.round(trees * ONE).astype(np.int64), -limit, limit) * parts[1])
    return np.sign(total) * (np.abs(total) // sum(parts)) / ONE


class OneTilt:
    """One feature: the cosine between gravity before the impact and in the half second after it."""

    def fit(self, features, label, subject):
        return self

    def score(self, features):
        return (8192 - features[:, 15]) / 2048.0


class Rules:
    """Four thresholds, fitted one after another: turned, stays turned, hit hard enough, fell or turned fast."""

    COLUMNS = [(15, -1), (17, -1), (36, 1), (34, -1)]

    def fit(self, features, label, subject):
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

    def fit(self, features, label, subject):
        self.standardiser = Standardiser().fit(features)
        self.model = self.make().fit(self.standardiser.apply(features) / INPUT_ONE, label)
        return self

    def score(self, features):
        p = np.clip(self.model.predict_proba(self.standardiser.apply(features) / INPUT_ONE)[:, 1], 1e-7, 1 - 1e-7)
        return np.log(p / (1 - p))


def approaches():
    from sklearn.linear_model import LogisticRegression
    return [
        ("one tilt", OneTilt),
        ("four rules", Rules),
        ("logistic, 80 features", lambda: FromSklearn(lambda: LogisticRegression(C=0.1, max_iter=300))),
        ("100 trees of depth 3", Trees),
        ("one network 80-16-1", lambda: Networks(1, (16,))),
        ("one network 80-24-8-1", lambda: Networks(1)),
        ("eight networks 80-24-8-1", Networks),
        ("eight networks and 100 trees (shipped)", Together),
    ]


# --- Judging ----------------------------------------------------------------------------------------------------

def cross_validated(make, impacts, folds, corpus, key):
    score = np.full(len(impacts.trial), -99.0)
    for fold in folds:
        held_out = np.isin(key[impacts.trial], list(fold))
        chosen = ~held_out & impacts.fitted
        held_out &= impacts.judged
        model = make().fit(impacts.features[chosen], impacts.label[chosen], impacts.subject[chosen])
        score[held_out] = model.score(impacts.features[held_out])
    return score


def by_trial(score, impacts, corpus):
    """The highest score of each trial and variant; what happened before a fall does not count for it."""
    result = np.full((corpus.count, impacts.variants), -99.0)
    counts = impacts.judged & ~(corpus.is_fall[impacts.trial] & (impacts.label == 0))
    np.maximum.at(result, (impacts.trial[counts], impacts.variant[counts]), score[counts])
    return result


def both_ways(corpus):
    """What is left out, its folds, and what of a trial they name."""
    return [("subjects", corpus.subject_folds(), corpus.subject), ("activities", ACTIVITY_FOLDS, corpus.activity)]


GROUPS = f"{'sensitivity':23}  {'specificity':23}  {'of elders':23}  {'sensitivity, adults':23}"


def groups(corpus):
    """Trials that a share is given of: falls, daily life, that of elders, falls of adults (one elder fell for the collection)."""
    return [corpus.is_fall, ~corpus.is_fall, ~corpus.is_fall & corpus.is_elder, corpus.is_fall & ~corpus.is_elder]


def rates(trials, corpus, level):
    """For each group of trials what share was right, as recorded, of the random sensors, and of those of 20 Hz."""
    right = (trials >= level) == corpus.is_fall[:, None]
    return [share for rows in groups(corpus) for share in by_sensor(right[rows])]


def by_sensor(right):
    return right[:, 0].mean(), right[:, 1:1 + SENSORS].mean(), right[:, 1 + SENSORS:].mean()


def written(shares):
    return "  ".join("{:.4f} ({:.4f}, {:.4f})".format(*shares[k:k + 3]) for k in range(0, len(shares), 3))


def compare(corpus, impacts, only):
    print(f"{'approach':40} {'left out':10} {'at':>5}  {GROUPS}")
    for name, make in approaches():
        if only and only not in name:
            continue
        for left_out, folds, key in both_ways(corpus):
            trials = by_trial(cross_validated(make, impacts, folds, corpus, key), impacts, corpus)
            falls, others = trials[corpus.is_fall], trials[~corpus.is_fall]
            # Where sensitivity and specificity of the variants are in best balance.
            levels = np.linspace(-6, 6, 241)
            level = levels[np.argmax([(falls >= t).mean() + (others < t).mean() for t in levels])]
            print(f"{name:40} {left_out:10} {level:5.2f}  {written(rates(trials, corpus, level))}", flush=True)


def operating_points(corpus, impacts):
    """What the decision threshold does, by cross-validation over subjects and activities, for the shipped approach."""
    _, folds, key = both_ways(corpus)[1]
    unknown = by_trial(cross_validated(Together, impacts, folds, corpus, key), impacts, corpus)
    print(f"activities left out, at {THRESHOLD}: {written(rates(unknown, corpus, THRESHOLD))}\n")
    score = cross_validated(Together, impacts, corpus.subject_folds(), corpus, corpus.subject)
    trials = by_trial(score, impacts, corpus)
    fall = corpus.is_fall
    quiet = ~fall[impacts.trial] & (impacts.variant == 0)
    hours = corpus.seconds[~fall].sum() / 3600
    print(f"threshold  {GROUPS}  false alarms an hour")
    for level in THRESHOLDS:
        print(f"{level:9.2f}  {written(rates(trials, corpus, level))}  "
              f"{(score[quiet] >= level).sum() / hours:.2f}")
    print(f"\neach fold at {THRESHOLD}: its subjects, sensitivity, specificity")
    for fold in corpus.subject_folds():
        own = np.isin(corpus.subject, list(fold))
        print(f"{' '.join(sorted(fold)):20}  {(trials[own & fall, 0] >= THRESHOLD).mean():.4f}  "
              f"{(trials[own & ~fall, 0] < THRESHOLD).mean():.4f}")
    print(f"\nmissed at {THRESHOLD}:", ", ".join(corpus.name[fall & (trials[:, 0] < THRESHOLD)]))
    print(f"false at {THRESHOLD}:", ", ".join(corpus.name[~fall & (trials[:, 0] >= THRESHOLD)]))


def nested(corpus, impacts):
    """Share of the trees and threshold are chosen for each fold from the scores of all the others."""
    scores = {(approach, left_out): cross_validated(make, impacts, folds, corpus, key)
              for approach, make in [("networks", Networks), ("trees", Trees)]
              for left_out, folds, key in both_ways(corpus)}
    shares, levels = range(0, 11), np.arange(-1, 3.01, 0.25)
    for left_out, folds, key in both_ways(corpus):
        trials = {share: by_trial(together(scores["networks", left_out], scores["trees", left_out], (10 - share, share)),
                                  impacts, corpus) for share in shares}
        right = np.zeros((corpus.count, impacts.variants), bool)
        chosen = []
        for fold in folds:
            own = np.isin(key, list(fold))
            falls, others = ~own & corpus.is_fall, ~own & ~corpus.is_fall
            # As many falls as can be had with 0.999 of daily life quiet, or else as much quiet as can be had.
            ways = [((trials[share][others] < level).mean(), (trials[share][falls] >= level).mean(), -share, level)
                    for share in shares for level in levels]
            enough = [way for way in ways if way[0] >= 0.999]
            _, _, share, level = max(enough, key=lambda way: way[1:]) if enough else max(ways)
            share = -share
            right[own] = (trials[share][own] >= level) == corpus.is_fall[own][:, None]
            chosen.append(f"{share}/10 at {level:.2f}")
        shown = written([value for part in groups(corpus) for value in by_sensor(right[part])])
        print(f"{left_out:10}  {shown}\n            trees: {', '.join(chosen)}", flush=True)


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


def network_tables(model):
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


def tree_tables(model):
    flat = lambda rows: [value for row in rows for value in row]
    return f"""// Made by simulators/FallTuning/tune.py with seed {SEED}; do not edit.

/// The numbers of the trees in `FallTrees`.
enum FallTreeTables {{
    static var trees: Int {{ {TREES} }}
    /// Decisions on the way through a tree.
    static var depth: Int {{ {DEPTH} }}
    /// What the sum begins with, in 1,024ths.
    static var start: Int32 {{ {model.start} }}

{swift_array("columns", "UInt8", flat(model.columns), "Of each tree, level by level: the input that decides.")}
{swift_array("limits", "Int16", flat(model.limits), "Of each tree, level by level: up to here it goes left, in 256ths of a standard deviation.")}
{swift_array("leaves", "Int16", flat(model.leaves), "Of each tree, from left to right: what it adds, in 1,024ths.")}}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, help="folder with manifest.csv and trials/")
    parser.add_argument("--features", help="keep the extracted features in this file and use it again if it is there")
    parser.add_argument("command", choices=["compare", "points", "nested", "fit", "check"])
    parser.add_argument("--only", help="compare: just the approaches whose name holds this")
    arguments = parser.parse_args()
    corpus = Corpus(arguments.corpus)
    impacts = Impacts(extract(arguments.corpus, arguments.features), corpus)
    if arguments.command == "compare":
        compare(corpus, impacts, arguments.only)
        return 0
    if arguments.command == "points":
        operating_points(corpus, impacts)
        return 0
    if arguments.command == "nested":
        nested(corpus, impacts)
        return 0
    chosen = impacts.fitted
    model = Together().fit(impacts.features[chosen], impacts.label[chosen], impacts.subject[chosen])
    differ = False
    for file, text in [(NETWORK_TABLES, network_tables(model.networks)), (TREE_TABLES, tree_tables(model.trees))]:
        if arguments.command == "fit":
            file.write_text(text)
            print(f"wrote {file.relative_to(ROOT)}")
        elif not file.exists() or file.read_text() != text:
            differ = True
            print(f"{file.relative_to(ROOT)} is not what this corpus, seed and these versions give", file=sys.stderr)
    if arguments.command == "check" and not differ:
        print("the tables are reproduced")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
