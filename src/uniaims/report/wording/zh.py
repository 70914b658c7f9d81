"""报告中的句子，中文。 The sentences of `uniaims.report.wording.en` in Chinese, one function for each."""

from uniaims.boxes import Box
from uniaims.pages.language import told
from uniaims.pages.units import NO_BREAK, Noun, count, interval, number, percent, quantity
from uniaims.report.facts import flatten, pixel_size_text, plain_value
from uniaims.report.findings import Findings
from uniaims.report.sizes import CONFIDENCE, FEWEST_FOR_LAW, RESAMPLES, SizeFigures, probability
from uniaims.report.wording.en import HASH_DIGITS, UNTOLD
from uniaims.statistics.budget import rounded
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
        return f"{found}，均未计入尺寸统计：{_reasons(findings)}。"
    complete = "全部计入统计" if counts.complete == counts.total else f"其中 {count(counts.complete)} 个计入统计"
    return f"{found}，{complete}{_typical(findings)}。"


def _counted(value: int, name: str) -> str:
    return f" {count(value)} 个{name}"


def _reasons(findings: Findings) -> str:
    """How many of those that were found are left out for which reason."""
    return "，".join(f"{told(reason)} {count(number)} 个" for reason, number in findings.left_out.items())


def _candidates(findings: Findings) -> str:
    """A sentence on those below the least confidence; empty where there are none."""
    return f"另有 {count(findings.candidates)} 个候选对象低于最低置信度，不计为对象。" if findings.candidates else ""


def _typical(findings: Findings) -> str:
    """Say the median size with its uncertainty, or the size of the only object."""
    if not findings.sizes:
        return ""
    size, found = findings.sizes[0], findings.estimates["x50_0"]
    name = told(size.column.label)
    if len(size.values) == 1:
        return f"，{name}为 {quantity(float(size.values[0]), size.unit)}"
    if found.why:
        return f"；不给出中位数：{told(found.why)}"
    factor = size.column.shown_factor
    middle, half = rounded(found.value / factor, found.u / factor)
    spread = f" ± {half}" if half else ""
    return f"，{name}中位数为 {middle}{spread}{NO_BREAK}{size.unit}（按数量，k = 2）"


def exclusion(findings: Findings) -> str:
    """Say which objects the statistics leave out."""
    kept = f"统计基于{_counted(findings.counts.complete, told(findings.noun.plural))}"
    reasons = _reasons(findings)
    return (f"{kept}；排除：{reasons}。" if reasons else f"{kept}，无一排除。") + _candidates(findings)


def nothing_complete(findings: Findings) -> str:
    """Say why there is no statistic."""
    counts, name = findings.counts, told(findings.noun.plural)
    if not counts.total:
        return f"未发现{name}，因此没有可测量的内容。"
    return f"没有{name}计入尺寸统计：{_reasons(findings)}。其可见部分的数值见下表。"


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
    if findings.left_out:
        left = _counted(counts.complete, name)
        sentences.append(f"不计入尺寸与形状统计：{_reasons(findings)}，余下{left}。")
    sentences.append(
        "数密度中，被评估区域一边截断的对象按半个计；尺寸按每个对象完整落入评估区域的概率之倒数加权"
        "（Miles 1974，Lantuéjoul 1980）。"
    )
    return sentences


def _statistics(size: SizeFigures) -> list[str]:
    law = "尺寸为等面积圆的直径，d = √(4A/π)"
    if len(size.values) == 1:
        return [f"{law}：唯一的{told(size.column.noun.singular)}为 {quantity(float(size.values[0]), size.unit)}。"]
    known = {share: found for share, found in size.percentiles.items() if share in (10, 50, 90)}
    parts = [
        f"x{share},0 = {quantity(each.estimate, size.unit)}" for share, each in known.items() if each.low < each.high
    ]
    sentences = [f"{law}。"]
    if parts:
        sentences.append(f"按数量的百分位数：{'、'.join(parts)}（n = {count(len(size.values))}）。")
        sentences.append(_spread(size))
    if len(size.values) >= FEWEST_FOR_LAW and size.fit.sigma > 0:
        sentences.append(_law(size))
    return sentences


def _spread(size: SizeFigures) -> str:
    median = size.percentiles[50]
    ends = f"{interval(median.low, median.high)}{NO_BREAK}{size.unit}"
    mean, deviation = quantity(size.mean.estimate, size.unit), quantity(size.deviation.estimate, size.unit)
    return (
        f"由此图中对象的抽样得出的中位数 {percent(CONFIDENCE, 0)} 区间为 {ends}，平均值为 {mean}，"
        f"标准差为 {deviation}；取自 {count(RESAMPLES)} 次重抽样。"
    )


def _law(size: SizeFigures) -> str:
    distance = f"{number(size.fit.ks_distance, 2)}（Lilliefors 检验，p{NO_BREAK}{probability(size.fit.p_value)}）"
    if size.why_no_law:
        return f"尺寸与对数正态分布不相容：累积曲线与该分布的最大距离为 {distance}。"
    return (
        f"对数正态分布拟合的中位数为 {quantity(size.fit.geometric_mean, size.unit)}，"
        f"几何标准差为 {number(size.fit.geometric_std)}；累积曲线与该分布的最大距离为 {distance}。"
    )
