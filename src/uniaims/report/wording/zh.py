"""报告中的句子，中文。 The sentences of `uniaims.report.wording.en` in Chinese, one function for each."""

from uniaims.boxes import Box
from uniaims.pages.language import told
from uniaims.pages.units import NO_BREAK, Noun, count, interval, number, percent, quantity
from uniaims.report.facts import flatten, pixel_size_text, plain_value
from uniaims.report.findings import Findings
from uniaims.report.sizes import CONFIDENCE, FEWEST_FOR_LAW, RESAMPLES, SizeFigures, probability
from uniaims.report.wording.en import HASH_DIGITS, UNTOLD
from uniaims.version import __version__


def table_lead(noun: Noun) -> str:
    """Say how to use the table."""
    name = told(noun.plural)
    return (
        f"点击表头排序，点击一行可在图中查看该{name}。表中列出所有{name}，包括被边界截断者。"
        "CSV 采用与本页同目录下 measurements.csv 相同的单位；后者保留全部有效数字。"
    )


def finding(findings: Findings) -> str:
    """Say the result in one or two sentences."""
    counts, name = findings.counts, told(findings.noun.plural)
    if not counts.total:
        return f"此图像中未发现{name}。"
    found = f"共发现{_counted(counts.total, name)}"
    if not counts.complete:
        return f"{found}，全部被图像边界截断：没有完整的{name}可供统计尺寸。"
    complete = f"其中 {count(counts.complete)} 个完整" if counts.cut else "均未被边界截断"
    typical = f"，{_typical(findings.sizes[0])}" if findings.sizes else ""
    return f"{found}，{complete}{typical}。"


def _counted(value: int, name: str) -> str:
    return f" {count(value)} 个{name}"


def _typical(size: SizeFigures) -> str:
    median = size.percentiles[50]
    name, value = told(size.column.label), quantity(median.estimate, size.unit)
    if len(size.values) == 1:
        return f"{name}为 {value}"
    return f"{name}中位数为 {value}（{percent(CONFIDENCE, 0)} 置信区间 {interval(median.low, median.high)}）"


def exclusion(findings: Findings) -> str:
    """Say which objects the statistics leave out."""
    counts, name = findings.counts, told(findings.noun.plural)
    if not counts.cut:
        return f"没有{name}被边界截断，因此全部计入统计。"
    return (
        f"{count(counts.total)} 个{name}中有 {count(counts.cut)} 个（{percent(counts.cut / counts.total)}）被边界截断："
        f"计入数量，但不计入尺寸与形状统计；统计基于{_counted(counts.complete, '完整' + name)}。"
    )


def nothing_complete(findings: Findings) -> str:
    """Say why there is no statistic."""
    counts, name = findings.counts, told(findings.noun.plural)
    if not counts.total:
        return f"未发现{name}，因此没有可测量的内容。"
    return f"{_counted(counts.total, name).strip()}全部被边界截断，真实尺寸未知，故不给出统计；其可见部分的数值见下表。"


def picture_caption(findings: Findings) -> str:
    """Describe the picture."""
    content, counts = findings.content, findings.counts
    size = content.measurements.pixel_size
    scale = "" if size else "像素尺寸未知，因此没有比例尺。"
    dimmed = "" if counts.content == Box.whole(content.labels.shape) else "变暗的部分未参与评估。"
    drawn = "像素不是正方形：图像按样品的实际比例绘制。" if size and size.aspect != 1 else ""
    many = _counted(counts.total, told(findings.noun.plural))
    return f"{content.title}，图中标出{many}的轮廓。{scale}{drawn}{dimmed}"


def methods(findings: Findings) -> list[str]:
    """Write the paragraphs to be copied into a paper."""
    content = findings.content
    sentences = [*_segmentation(findings), *map(told, content.method), *_counting(findings)]
    paragraphs = ["".join(sentences)]
    if findings.sizes:
        paragraphs.append("".join(_statistics(findings.sizes[0])))
    if content.method:
        return paragraphs
    untold = (*UNTOLD, content.model)
    settings = [(name, plain_value(value)) for name, value in flatten(content.settings) if value is not None]
    listed = "；".join(f"{told(name)} {told(value)}" for name, value in settings if value not in untold)
    if listed:
        paragraphs.append(f"设置：{listed}。")
    return paragraphs


def _segmentation(findings: Findings) -> list[str]:
    content, name = findings.content, told(findings.noun.plural)
    height, width = content.labels.shape
    size = f"{width}{NO_BREAK}×{NO_BREAK}{height}{NO_BREAK}px"
    facts = f" {content.title}（{size}，像素尺寸 {told(pixel_size_text(content, traced=True))}）"
    program = f"Uni-AIMS {__version__}"
    if not content.has_micrograph:
        return [f"用 {program} 测量了标签图像{facts}中勾画的{name}。"]
    if content.model is None:
        return [f"用 {program} 测量了显微图像{facts}的标签图像中勾画的{name}。"]
    digest = f"，权重 {content.model_hash[:HASH_DIGITS]}" if content.model_hash else ""
    return [f"用卷积神经网络（模型“{content.model}”{digest}）逐个分割显微图像{facts}中的{name}，并用 {program} 测量。"]


def _counting(findings: Findings) -> list[str]:
    counts, name = findings.counts, told(findings.noun.plural)
    if not counts.total:
        return [f"未发现{name}。"]
    sentences = [f"共发现{_counted(counts.total, name)}。"]
    if counts.cut:
        sentences.append(
            f"其中 {count(counts.cut)} 个（{percent(counts.cut / counts.total)}）被图像边界截断，计入数量，"
            f"但不计入尺寸与形状统计，余下{_counted(counts.complete, name)}。"
        )
    return sentences


def _statistics(size: SizeFigures) -> list[str]:
    if len(size.values) == 1:
        only = quantity(size.percentiles[50].estimate, size.unit)
        return [f"尺寸为面积等效圆直径，d = √(4A/π)：唯一完整的{told(size.column.noun.singular)}为 {only}。"]
    d10, d50, d90 = (quantity(size.percentiles[share].estimate, size.unit) for share in (10, 50, 90))
    sentences = [
        "尺寸为面积等效圆直径，d = √(4A/π)。",
        f"按数量加权的百分位数为 D10 = {d10}、D50 = {d50}、D90 = {d90}（n = {count(len(size.values))}）。",
        _spread(size),
    ]
    if len(size.values) >= FEWEST_FOR_LAW and size.fit.sigma > 0:
        sentences.append(_law(size))
    return sentences


def _spread(size: SizeFigures) -> str:
    median = size.percentiles[50]
    ends = f"{interval(median.low, median.high)}{NO_BREAK}{size.unit}"
    mean, deviation = quantity(size.mean.estimate, size.unit), quantity(size.deviation.estimate, size.unit)
    return (
        f"中位数的 {percent(CONFIDENCE, 0)} 置信区间为 {ends}，平均值为 {mean}，标准差为 {deviation}；"
        f"区间为 {count(RESAMPLES)} 次重抽样的偏差校正自助法区间。"
    )


def _law(size: SizeFigures) -> str:
    distance = f"{number(size.fit.ks_distance, 2)}（Lilliefors 检验，p{NO_BREAK}{probability(size.fit.p_value)}）"
    if size.why_no_law:
        return f"尺寸不服从对数正态分布：累积曲线与该分布的最大距离为 {distance}。"
    return (
        f"对数正态分布拟合的中位数为 {quantity(size.fit.geometric_mean, size.unit)}，"
        f"几何标准差为 {number(size.fit.geometric_std)}；累积曲线与该分布的最大距离为 {distance}。"
    )
