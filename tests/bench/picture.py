# SPDX-License-Identifier: Apache-2.0
"""The figures of compare.py to look at: bars for each kind of work, and what many pools cost."""

import sys

import report

try:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
except ImportError:  # nothing else here wants it
    pyplot = None

#: of each contender that has a bar; ours stands out
COLOURS = {"static": "#bbbbbb", "mod_php": "#888888", "fpm": "#9ecae1", "fpm_reuse": "#6baed6",
           "fcgid": "#c7b8e0", "ours": "#d95f0e", "ours_prefork": "#f4a582", "ours_other": "#fdae6b",
           "bare": "#fee391"}


def bars(axes, work):
    """CPU of a request as so many times that of mod_php; the figures in ms stand above."""
    names = [name for name in COLOURS if any(name in by for by in work.values())]
    width = 0.9 / len(names)
    for at, (_, by) in enumerate(work.items()):
        unit = by.get("mod_php", next(iter(by.values())))["cpu_us"]
        for k, name in enumerate(names):
            if name in by:
                axes.bar(at + (k - len(names) / 2) * width, by[name]["cpu_us"] / unit, width,
                         color=COLOURS[name], label=report.TITLES[name] if at == first(work, name)
                         else None)
    axes.axhline(1, color="black", linewidth=0.6)
    axes.set_xticks(range(len(work)), [
        report.WORDS[name].replace(", ", ",\n").replace("page that", "page that\n")
        + (f"\n{by['mod_php']['cpu_us'] / 1000:.2f} ms" if "mod_php" in by else "")
        for name, by in work.items()], fontsize=8)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_ylabel("CPU of a request, times that of mod_php")
    axes.legend(fontsize=8)


def first(work, name):
    """Where the legend takes its colour from."""
    return next(at for at, by in enumerate(work.values()) if name in by)


def curve(axes, turn):
    for what, words in (("known", "one site, so many known"), ("turn", "so many in random order"),
                        ("fpm", "the same, PHP-FPM")):
        counts = list(turn[what])
        axes.plot([int(count) for count in counts], [turn[what][c] / 1000 for c in counts],
                  marker="o", label=words)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("pools")
    axes.set_ylabel("CPU of a request, ms")
    axes.legend(fontsize=8)


def draw(figures, path):
    """@path: an SVG."""
    if not pyplot:
        print("no picture: python3-matplotlib is not installed", file=sys.stderr)
        return
    parts = [(bars, figures["work"], 3)] if figures["work"] else []
    parts += [(curve, figures["turn"], 1)] if "turn" in figures else []
    if not parts:
        return
    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text
    matplotlib.rcParams["svg.hashsalt"] = "lsapid"
    drawn, axes = pyplot.subplots(1, len(parts), figsize=(14, 5), layout="constrained", squeeze=False,
                                  width_ratios=[share for _, _, share in parts])
    for one, (paint, what, _) in zip(axes[0], parts):
        paint(one, what)
    drawn.savefig(path, metadata={"Date": None})
    pyplot.close(drawn)
