"""The Chinese catalogue of `uniaims.pages.language`: what an English word or pattern is called in Chinese reports.

Names of figures follow GB/T 15445 and GB/T 21649 where these have one. In patterns a name of one letter stands for a
number, a longer one for anything, which is translated in turn.
"""

_NOUNS = {
    "object": "对象", "particle": "颗粒", "grain": "晶粒", "pore": "孔隙", "crack": "裂纹", "fibre": "纤维",
    "layer": "层", "column": "原子柱", "cell": "细胞", "picture": "图片", "specimen": "试样", "image": "图像",
    "group": "组", "pair": "对", "pixel": "像素", "warning": "警告",
}  # fmt: skip
_MEASURED = {
    "area": "面积", "perimeter": "周长", "equivalent diameter": "面积等效直径", "diameter": "直径",
    "diameter by edge": "边缘轮廓直径", "diameter by network": "网络轮廓直径",
    "maximum Feret diameter": "最大费雷特直径", "minimum Feret diameter": "最小费雷特直径",
    "major axis": "长轴", "minor axis": "短轴", "aspect ratio": "长宽比", "orientation": "取向", "circularity": "圆度",
    "sphericity": "球形度", "form factor": "形状因子", "solidity": "实度", "convexity": "凸度", "smoothness": "光滑度",
    "roundness": "圆整度", "eccentricity": "偏心率", "bounding box, top": "外接框上边", "bounding box, left": "外接框左边",
    "bounding box, bottom": "外接框下边", "bounding box, right": "外接框右边", "centroid y": "质心 y", "centroid x": "质心 x",
    "touches border": "接触边界", "nearest neighbour distance": "最近邻距离", "local density": "局部密度",
    "mean intensity": "平均灰度", "standard deviation of intensity": "灰度标准差", "minimum intensity": "最小灰度",
    "maximum intensity": "最大灰度", "confidence": "置信度", "outline": "轮廓", "excluded": "排除原因", "kind": "类别",
    "number density": "数密度", "area fraction": "面积分数", "median diameter, D50": "直径中位数 D50",
    "median diameter": "直径中位数", "mean diameter": "平均直径", "form": "形状",
}  # fmt: skip
_DEFINITIONS = {
    "Number of pixels times the area of a pixel. Holes do not count.": "像素数乘以单个像素的面积；孔洞不计。",
    "Length of the outline, holes included: 0.980 per straight step, 1.406 per diagonal step, -0.091 per change between "
    "the two. Within 0.5 % for discs of 10 px and more across.":
        "轮廓（含孔洞）的长度：直步 0.980，斜步 1.406，二者每次转换 −0.091。直径不小于 10 px 的圆盘误差在 0.5 % 以内。",
    "Diameter of the circle of the same area: sqrt(4 area / pi).": "等面积圆的直径：√(4A/π)。",
    "Largest distance of two parallel lines that touch the outline from outside: its longest chord.":
        "从外侧与轮廓相切的两条平行线的最大距离，即最长弦。",
    "Smallest distance of two parallel lines that touch the outline from outside: its width.":
        "从外侧与轮廓相切的两条平行线的最小距离，即宽度。",
    "Full length of the long axis of the ellipse that has the same second moments as the pixel centres.":
        "与像素中心具有相同二阶矩的椭圆的长轴全长。",
    "Full length of the short axis of the same ellipse.": "同一椭圆的短轴全长。",
    "major_axis / minor_axis, 1 or more: length over width, exact for ellipses and rectangles. Carries the same "
    "information as eccentricity. ISO 9276-6 gives this name to min_feret / max_feret, which is at most 1.":
        "长轴 / 短轴，不小于 1：对椭圆和矩形为长宽之比。与偏心率信息相同。ISO 9276-6 以此名称表示 min_feret / max_feret，其值不大于 1。",
    "Direction of the major axis: 0 to 180 degrees from the horizontal, counter-clockwise as seen in the picture.":
        "长轴方向：自水平方向起 0 至 180 度，按图中所见逆时针计。",
    "Perimeter of the circle of the same area / perimeter: sqrt(4 pi area) / perimeter, the square root of form_factor. "
    "1 for a circle; cut at 1. ImageJ gives this name to form_factor.":
        "等面积圆的周长 / 周长：√(4πA)/P，即形状因子的平方根。圆为 1；上限取 1。ImageJ 以此名称表示形状因子。",
    "equivalent_diameter / diameter of the smallest circle around the outline. 1 for a circle; cut at 1. Depends on "
    "elongation, hardly on roughness.": "面积等效直径 / 最小外接圆直径。圆为 1；上限取 1。取决于伸长，几乎不受粗糙度影响。",
    "4 pi area / perimeter². 1 for a circle; cut at 1. Depends on elongation and on roughness.":
        "4πA/P²。圆为 1；上限取 1。取决于伸长与粗糙度。",
    "Number of pixels / number of pixels whose centre lies in the convex hull of the pixel centres. 1 for every "
    "digitally convex shape, whatever its size.": "像素数 / 中心落在像素中心凸包内的像素数。任何数字凸形均为 1，与大小无关。",
    "Perimeter of the convex hull of the outline / perimeter. 1 for a convex shape; cut at 1. Depends on roughness and "
    "notches, not on elongation.": "轮廓凸包的周长 / 周长。凸形为 1；上限取 1。取决于粗糙度与缺口，不取决于伸长。",
    "Perimeter of the ellipse of the same area and aspect_ratio / perimeter: circularity with the elongation taken out. "
    "1 for an ellipse, 0.89 for a square, less for rough, notched or angular shapes.":
        "同面积、同长宽比椭圆的周长 / 周长：去除伸长影响的圆度。椭圆为 1，正方形为 0.89，粗糙、有缺口或有棱角者更小。",
    "sqrt(1 - (minor_axis / major_axis)²) of the ellipse of the same second moments. 0 for a circle, 1 for a line.":
        "同二阶矩椭圆的 √(1 − (短轴/长轴)²)。圆为 0，直线为 1。",
    "First row of the object, counted from 0.": "对象的首行，从 0 计。",
    "First column of the object, counted from 0.": "对象的首列，从 0 计。",
    "Row behind the last one of the object.": "对象末行的下一行。",
    "Column behind the last one of the object.": "对象末列的下一列。",
    "Mean row of the pixels; the centre of the top left pixel of the image is 0.": "像素的平均行；图像左上角像素的中心为 0。",
    "Mean column of the pixels; the centre of the top left pixel of the image is 0.": "像素的平均列；图像左上角像素的中心为 0。",
    "The object has a pixel in the first or last row or column of the image (of its content, without banner): it may go "
    "on outside.": "对象在图像（不含信息栏的内容部分）的首末行或首末列有像素：可能延伸到图外。",
    "Distance from the centroid to the nearest other centroid. An object outside the image may be nearer.":
        "到最近的另一质心的距离。图外的对象可能更近。",
    "Objects per area around the centroid: (k - 1) / area of the circle through the k-th nearest other centroid, as far "
    "as it lies inside the image; k = 8, fewer where the image holds fewer.":
        "质心周围单位面积的对象数：(k − 1) / 经过第 k 近质心的圆在图内的面积；k = 8，对象不足时取更小值。",
    "Mean grey level of the pixels, in the numbers of the image file.": "像素的平均灰度，以图像文件中的数值计。",
    "Standard deviation of the grey levels over all pixels of the object (divisor n).": "对象所有像素灰度的标准差（除数为 n）。",
    "Darkest grey level of the object.": "对象的最暗灰度。",
    "Brightest grey level of the object.": "对象的最亮灰度。",
    "How sure the segmentation is of the object, 0 to 1, as the segmenter gave it.": "分割对该对象的把握，0 至 1，由分割器给出。",
    "Likeliest kind of the {noun}, as the segmenter gave it.": "{noun}最可能的类别，由分割器给出。",
    "Number of the {noun}: its value in labels.tif.": "{noun}编号：其在 labels.tif 中的值。",
}  # fmt: skip
_PAGE = {
    "Contents": "目录", "Print": "打印", "Switch between light and dark": "切换浅色与深色", "Light or dark": "浅色或深色",
    "report": "报告", "overview": "总览", "Figure": "图", "Logo": "标志", "One warning": "一条警告",
    "Particle analysis report": "颗粒分析报告", "Analysis report": "分析报告", "Batch overview": "批量总览",
    "Without JavaScript": "未启用 JavaScript", "The interactive parts could not start": "交互部分未能启动",
    "This browser reported:": "浏览器报告：", ". A browser from 2023 or later is needed.": "。需要 2023 年或更新的浏览器。",
    "Picture": "图像", "Size": "尺寸", "Shape": "形状", "Methods": "方法", "Provenance": "溯源", "Kinds": "类别",
    "Check first": "优先核查", "Excluded": "排除", "Budget": "不确定度", "Uncertainty": "不确定度", "Placement": "空间分布",
    "Shape and orientation": "形状与取向", "Comparison": "比较", "Failures": "失败", "Images": "图像", "Image": "图像",
    "Outlines": "轮廓", "Fill": "填充", "Numbers": "编号", "Opacity": "不透明度", "Colour by": "着色依据",
    "neighbours apart": "区分相邻", "one colour": "单色", "Save picture": "保存图片", "Zoom in": "放大", "Zoom out": "缩小",
    "Show the whole picture": "显示全图", "Whole picture": "全图", "One image pixel per screen pixel": "一个图像像素对应一个屏幕像素",
    "Image pixels 1:1": "图像像素 1:1", "Size property": "尺寸量", "Axis": "坐标轴", "Linear axis": "线性轴",
    "Logarithmic axis": "对数轴", "Horizontal": "横轴", "Vertical": "纵轴", "log": "对数", "Filter": "筛选", "from": "从",
    "to": "到", "Add": "添加", "Columns": "列", "CSV, filtered": "CSV（筛选后）", "Download CSV": "下载 CSV", "Rows": "行数",
    "Page before": "上一页", "Next page": "下一页", "Copy text": "复制文本", "Column": "列名", "Property": "量",
    "Definition": "定义", "Source": "来源", "Find": "查找", "part of a name": "名称的一部分",
    "Cut by the border: counted, not in the size statistics.": "被边界截断：计入数量，不计入尺寸统计。",
    "Click one for its values; click the picture once, then turn the wheel to zoom.":
        "点击对象可查看数值；先点击图片，再滚动滚轮缩放。",
    "Ready to be copied into a paper.": "可直接复制到论文中。",
    "Where each number on this page comes from.": "本页每个数字的来源。",
    "Definitions of all measured properties": "所有测量量的定义",
    "Details of the picture at its full resolution.": "图像局部，原始分辨率。",
    "This page is complete in itself: it works offline and asks nothing of the network.": "本页自成一体：可离线使用，不访问网络。",
    "Sorting and searching need JavaScript; everything else is here.": "排序与查找需要 JavaScript；其余内容均在此处。",
    "Per-object values of all images are in": "所有图像的逐对象数值见", "and": "和", "beside this page.": "（与本页同目录）。",
    "The same distributions as one figure, to be saved and put into a paper.": "同样的分布合为一图，可保存用于论文。",
    "These images were analysed in different ways": "这些图像的分析方式不同", "What stopped it": "失败原因",
    "Cut by border": "边界截断", "Failed": "失败", "With warnings": "有警告", "Time": "用时", "analysed": "已分析",
    "in all images": "所有图像合计", "listed below": "见下", "none": "无", "Images without a pixel size": "无像素尺寸的图像",
    "In pixels": "像素单位", "Downloads": "下载",
}  # fmt: skip
_TABLES = {
    "Statistic": "统计量", "Value": "值", "Interval": "区间", "Mean": "平均值", "Standard deviation": "标准差",
    "Smallest": "最小值", "Largest": "最大值", "Span": "跨度", "Log-normal median": "对数正态中位数",
    "Geometric deviation": "几何标准差", "Distance to the law": "与分布的距离", "Log-normal law": "对数正态分布",
    "does not fit": "不符合", "D50, median": "D50（中位数）", "D10, by volume": "D10（按体积）",
    "D50, by volume": "D50（按体积）", "D90, by volume": "D90（按体积）", "yes": "是", "no": "否", "Fact": "项目",
    "Complete": "完整", "95 % interval": "95 % 置信区间", "Cumulative share / %": "累积百分比 / %",
    "of the evaluated area": "占评估面积", "none cut by the border": "均未被边界截断",
    "no preferred direction can be told": "无明显择优方向", "Reason": "原因", "Number": "数量", "Share": "占比",
    "Part": "分量", "Scale": "标尺", "Outline": "轮廓", "Sampling": "抽样", "Finding": "识别", "scale": "标尺",
    "outline": "轮廓", "sampling": "抽样", "finding": "识别", "Low confidence": "置信度低", "low confidence": "置信度低",
    "Touching": "相互接触", "All": "合计", "kept": "保留", "found": "发现",
    "border": "边界", "under writing": "被文字遮挡", "too small to resolve": "过小无法分辨", "below confidence": "低于置信度",
    "hidden too much": "遮挡过多", "filtered by user": "用户筛除", "removed by hand": "手工删除",
}  # fmt: skip
_FACTS = {
    "Pixel size": "像素尺寸", "Model": "模型", "Evaluated part": "评估部分", "SHA-256 of the image file": "图像文件的 SHA-256",
    "Instrument": "仪器", "Detector": "探测器", "Voltage / kV": "加速电压 / kV", "Date": "日期", "Read from": "读取自",
    "Magnification, as the file says": "放大倍数（据文件）", "Working distance / mm": "工作距离 / mm", "Label": "标注",
    "Image as the network saw it": "网络所见图像", "Scale bar": "比例尺", "Length": "长度", "Pixel size by it": "由其得出的像素尺寸",
    "Bar is at": "标尺位置", "Label is at": "标注位置", "Its pixel size is used": "采用其像素尺寸", "Analysis": "分析",
    "Program": "程序", "Python": "Python", "Model hash": "模型哈希", "Settings": "设置", "Network run on": "网络运行于",
    "the processor": "处理器", "a graphics card": "显卡", "Object diameter": "对象直径", "Side of a tile": "图块边长",
    "Seam between tiles": "图块接缝", "Mirror images": "镜像图像", "not used": "未使用", "averaged over four": "四幅平均",
    "Minimum confidence": "最低置信度", "Minimum probability of a pixel": "像素最低概率", "Smallest object": "最小对象",
    "Pieces are one object up to a difference of": "合并差异上限", "Weight of diverging flow in it": "其中发散流的权重",
    "Pieces stay apart from a divergence of": "分离散度下限", "Holes filled up to a share of": "填充孔洞占比上限",
    "Pixel size given by the user": "用户给定的像素尺寸", "Image of the file": "文件中的图像", "the first": "第一幅",
    "looked for": "已查找", "not looked for": "未查找", "Scale bar detector": "比例尺检测器", "built in": "内置", "Panel": "子图",
    "Mode": "模式", "particles": "颗粒", "Excel workbook": "Excel 工作簿", "PDF": "PDF", "Language": "语言",
    "Report template": "报告模板", "Figures as files": "图形文件", "Width of the figures": "图形宽度",
    "Numbers in the figures": "图中字号", "en": "英文", "zh": "中文", "Time by stage": "各阶段用时",
    "Reading the file": "读取文件", "Loading the model": "加载模型", "Looking for the scale bar": "查找比例尺",
    "Measuring": "测量", "Finding the part to evaluate": "确定评估部分", "Finding objects (network)": "识别对象（网络）",
    "Outlining objects": "勾画对象", "Writing the tables": "写出表格", "Writing the report": "写出报告",
    "Computed by": "计算函数", "Objects": "对象", "Per-object values": "逐对象数值",
    "Count, density, area fraction": "数量、密度、面积分数", "Percentiles, mean, deviation, intervals": "百分位数、均值、偏差、区间",
    "Percentiles by volume": "按体积的百分位数", "Smallest and largest": "最小与最大", "Log-normal fit": "对数正态拟合",
    "Histogram bins": "直方图分组", "Mean direction and order": "平均方向与有序度", "Not measured": "未测量",
    "none: labels were given": "无：标签由用户给定", "given by the user": "由用户给定",
    "from the metadata of the file": "来自文件元数据", "read from the scale bar in the picture": "读自图中比例尺",
    "unknown: lengths are in pixels": "未知：长度以像素为单位", "found by looking": "自动查找", "as given": "按给定值",
    "the default of this model": "此模型的默认值", "no: the metadata of the file have one": "否：文件元数据中已有",
    "no: the user gave one": "否：用户已给定", "none found": "未找到", "Version": "版本", "the model's": "模型自身的值",
}  # fmt: skip
_COMPARED = {
    "Difference": "差异", "Distributions": "分布", "Groups": "各组", "Pictures": "图片", "Analysed differently": "分析设置差异",
    "Second : first": "第二组 : 第一组", "Ratio": "比值", "Counted as one": "统计单元", "p": "p", "p, Holm": "p（Holm）",
    "p, permutation": "p（置换）", "Larger in": "较大占比", "Group": "组", "Specimens": "试样", "Specimen": "试样",
    "Worth objects": "等效对象数", "Complete objects": "完整对象", "Setting": "设置", "Compared": "比较对象",
    "Ratio, second group to first": "比值（第二组 / 第一组）", "Objects / %": "对象 / %", "name": "名称", "value": "值",
    "low": "下限", "high": "上限", "the groups differ": "两组有差异", "these two pictures differ": "这两幅图片有差异",
    "a difference is not shown": "未显示差异", "a difference is not shown, of so many pairs": "在如此多的组对中未显示差异",
    "these two pictures do not differ by more than chance": "这两幅图片的差异不超过偶然",
    "These settings were not the same in all analyses; a difference may come from them.":
        "各次分析的下列设置不同；差异可能由此而来。",
}  # fmt: skip
WORDS: dict[str, str] = {
    **_NOUNS,
    **{f"{noun}s": other for noun, other in _NOUNS.items()},
    **_MEASURED, **_PAGE, **_TABLES, **_FACTS, **_COMPARED,
    **{english: other for english, other in _DEFINITIONS.items() if "{" not in english},
}  # fmt: skip
"""English -> Chinese; the first letter may be a capital too."""

_COUNTED = {
    **{f"{{n}} {noun}": f"{{n}} 个{other}" for noun, other in _NOUNS.items()},
    **{f"{{n}} {noun}s": f"{{n}} 个{other}" for noun, other in _NOUNS.items()},
    **{f"{{n}} complete {noun}": f"{{n}} 个完整{other}" for noun, other in _NOUNS.items()},
    **{f"{{n}} complete {noun}s": f"{{n}} 个完整{other}" for noun, other in _NOUNS.items()},
}
_SENTENCES = {
    "{n} warnings": "{n} 条警告",
    "{n} warning": "{n} 条警告",
    "Figure {n}": "图 {n} ",
    "{title} – Uni-AIMS report": "{title} – Uni-AIMS 报告",
    "{title} – Uni-AIMS comparison": "{title} – Uni-AIMS 比较",
    "{a} – {b} {unit}\n{n} {nouns} ({p})": "{a} – {b} {unit}\n{n} 个{nouns}（{p}）",
    "{a} – {b}\n{n} {nouns} ({p})": "{a} – {b}\n{n} 个{nouns}（{p}）",
    "{from}° – {until}°\n{n} {nouns} ({p})": "{from}° – {until}°\n{n} 个{nouns}（{p}）",
    "{p} interval {a} – {b}": "{p} 置信区间 {a} – {b}",
    "{p} interval {ends}": "{p} 置信区间 {ends}",
    "{p} interval": "{p} 置信区间",
    "{n} complete, {rest}": "{n} 个完整，{rest}",
    "{n} cut by the border": "{n} 个被边界截断",
    "all {nouns} on {area}": "全部{nouns}，面积 {area}",
    "standard deviation {value}": "标准差 {value}",
    "span {n}": "跨度 {n}",
    "no complete {noun}": "无完整{noun}",
    "a single {noun}": "单个{noun}",
    "median {n}": "中位数 {n}",
    "mean direction {angle}, order {n}": "平均方向 {angle}，有序度 {n}",
    "no preferred direction can be told, order {n}": "无明显择优方向，有序度 {n}",
    "{nouns} per bin": "每组{nouns}数",
    "All {nouns}": "全部{nouns}",
    "{n} of {counted}": "{counted}中的 {n} 个",
    "{n} of {counted}; all are in the measurement files beside this report": "显示 {n} / {counted}；全部数据见本报告旁的测量文件",
    "{counted} are too many to be printed: all are in measurements.csv beside this report":
        "{counted}过多，未予打印：全部数据见本报告旁的 measurements.csv",
    "No {noun} was found, so there is nothing to list": "未发现{noun}，没有可列出的内容",
    "No {noun} was found": "未发现{noun}",
    "Complete {nouns} only": "仅完整{nouns}",
    "complete {nouns} only": "仅完整{nouns}",
    "Complete {nouns}": "完整{nouns}",
    "Share of {nouns}": "{nouns}占比",
    "Let go of this {noun}": "取消选择此{noun}",
    "The micrograph with the outlines of {counted}. Plus and minus zoom, arrows move, N and P go through the {nouns}, "
    "Escape lets go.": "显微图像及{counted}的轮廓。加减键缩放，方向键移动，N 与 P 逐个浏览{nouns}，Esc 取消选择。",
    "The micrograph {title}": "显微图像 {title}",
    "Picture, outlines, charts and text are complete, and the first {nouns} are listed; to zoom, to sort and to see all "
    "{others} needs JavaScript.": "图像、轮廓、图表与文字均完整，并列出前若干{nouns}；缩放、排序及查看全部{others}需要 JavaScript。",
    "Click a bar to see its {nouns} in the picture and in the table.": "点击直方条可在图中和表中查看其{nouns}。",
    "Press a kind to see only its {nouns}.": "点击类别可只看其{nouns}。",
    "Measured {nouns}; press a heading to sort, a row to see the {noun} in the picture.":
        "已测量的{nouns}；点击表头排序，点击一行在图中查看该{noun}。",
    "{what} of {counted}. Bars: {nouns} per bin. Dotted: cumulative share (right axis). {rest}":
        "{counted}的{what}。直方条：每组{nouns}数。虚线：累积百分比（右轴）。{rest}",
    "Line: log-normal law fitted to the sizes, as {nouns} per bin.": "曲线：拟合的对数正态分布，以每组{nouns}数表示。",
    "No log-normal law is drawn: the sizes are up to {n} of their number away from it.":
        "未绘制对数正态分布：尺寸的累积曲线与其最大相差 {n}。",
    "No log-normal law is drawn: fewer than {n} sizes.": "未绘制对数正态分布：尺寸数少于 {n}。",
    "No log-normal law is drawn: fewer than {n} different sizes.": "未绘制对数正态分布：不同尺寸少于 {n} 个。",
    "fewer than {n} sizes": "尺寸数少于 {n}",
    "fewer than {n} different sizes": "不同尺寸少于 {n} 个",
    "The only complete {noun}": "唯一完整的{noun}",
    "Histogram of {what} of {counted}, with cumulative share and log-normal fit.": "{counted}的{what}直方图，含累积百分比与对数正态拟合。",
    "Histogram of {what} of {counted}, with cumulative share.": "{counted}的{what}直方图，含累积百分比。",
    "Histogram of {what} of {counted}.": "{counted}的{what}直方图。",
    "{what} of {counted}; half of the {nouns} lie between {a} and {b}.": "{counted}的{what}；半数{nouns}介于 {a} 与 {b} 之间。",
    "Scatter plot of {what} against {other}, {counted}.": "{what}对{other}的散点图，{counted}。",
    "{what} against {other} of {counted}, one point each.": "{counted}的{what}对{other}，每点一个。",
    "Rose of the orientation of {counted}, {written}.": "{counted}的取向玫瑰图，{written}。",
    "Orientation of the major axis of {counted} with an aspect ratio of {n} or more, counter-clockwise from the "
    "picture's horizontal; each shown at both ends. Areas are proportional to counts. Order is 0 without a preferred "
    "direction and 1 if all are parallel; Rayleigh test: p {chance}.":
        "长宽比不小于 {n} 的{counted}的长轴取向，自图像水平方向逆时针计；每个在两端显示。面积与数量成正比。"
        "无择优方向时有序度为 0，全部平行时为 1；瑞利检验：p {chance}。",
    "Equivalent diameters in {unit}, of complete {nouns}.": "完整{nouns}的面积等效直径，单位 {unit}。",
    "Made by Uni-AIMS {version}. {rest}": "由 Uni-AIMS {version} 生成。{rest}",
    "rows {a} – {b}, columns {c} – {d}": "行 {a} – {b}，列 {c} – {d}",
    "columns {a} – {b}, rows {c} – {d}": "列 {a} – {b}，行 {c} – {d}",
    "{n} times its size": "原尺寸的 {n} 倍",
    "{nouns} looked for": "所查找的{nouns}",
    "{nouns} of a size that suits this": "尺寸适合者（{nouns}）",
    "about {size} across, found by looking": "直径约 {size}，自动查找",
    "about {size} across, as given": "直径约 {size}，按给定值",
    "“{label}”, taken as {value}": "“{label}”，按 {value} 计",
    "{n}, the default of this model": "{n}，此模型的默认值",
    "{n}, as given": "{n}，按给定值",
    "{n} px², at the working scale": "{n} px²（工作尺度）",
    "{size}, given by the user": "{size}，由用户给定",
    "{size}, from the metadata of the file": "{size}，来自文件元数据",
    "{size}, read from the scale bar in the picture: {note}": "{size}，读自图中比例尺：{note}",
    "{size}, read from the scale bar in the picture": "{size}，读自图中比例尺",
    "“{label}” = {length}, confidence {n}": "“{label}” = {length}，置信度 {n}",
    "number {n}, counted from 0": "第 {n} 幅，从 0 计",
    "{n} of {m} not measured: {why}": "{m} 个中有 {n} 个未测量：{why}",
    "The network was given the image at {n} times its size, so that {nouns} of about {size} across, found by viewing it "
    "at several scales, had the size it knows best": "网络以原尺寸的 {n} 倍处理图像，使直径约 {size} 的{nouns}（由多尺度观察得到）具有其最熟悉的大小",
    "The network was given the image at {n} times its size, so that {nouns} of about {size} across, as given by the "
    "user, had the size it knows best": "网络以原尺寸的 {n} 倍处理图像，使直径约 {size} 的{nouns}（用户给定）具有其最熟悉的大小",
    "The network was given the image at its original size, so that {nouns} of about {size} across, {how}, had the size "
    "it knows best": "网络以原始尺寸处理图像，直径约 {size} 的{nouns}具有其最熟悉的大小",
    "The network was given the image at {n} times its size": "网络以原尺寸的 {n} 倍处理图像",
    "The network was given the image at its original size": "网络以原始尺寸处理图像",
    "Predictions were averaged over four mirror images": "预测取四幅镜像图像的平均",
    "{nouns} with a confidence below {n}, the default of the model, were discarded": "置信度低于 {n}（模型默认值）的{nouns}被舍弃",
    "{nouns} with a confidence below {n} were discarded": "置信度低于 {n} 的{nouns}被舍弃",
    "All other settings were the defaults of this version": "其余设置均为此版本的默认值",
    "Settings other than the defaults of this version were: {changed}": "与此版本默认值不同的设置：{changed}",
    # warnings and notes
    "The pixel size is unknown: all lengths are in pixels.": "像素尺寸未知：所有长度以像素为单位。",
    "The pixel size {source}, {size}, is used; {other}, {p} away from it.": "采用的像素尺寸{source}，{size}；{other}，相差 {p}。",
    "given by you": "由用户给定",
    "The scale bar, {said}, was read with a confidence of only {n}: compare it with the image.":
        "比例尺（{said}）的读取置信度仅为 {n}：请与图像核对。",
    "No scale bar was taken: {why}": "未采用比例尺：{why}",
    "No object was found.": "未发现对象。",
    "{p} of the {n} objects that were found are unsure, about as likely wrong as right. {rest}":
        "发现的 {n} 个对象中有 {p} 不确定，对错各半。{rest}",
    "{p} of the objects are more than {k} times smaller or larger than the {size} at which the image was seen: they are "
    "less certain. Give the diameter that matters most (--diameter).":
        "{p} 的对象比观察图像时所取的 {size} 小或大 {k} 倍以上：其结果较不可靠。请给定最重要的直径（--diameter）。",
    "Left out: {n} of {m} objects that were found, whose confidence is below {c}. A minimum confidence of 0 keeps them.":
        "略去：发现的 {m} 个对象中置信度低于 {c} 的 {n} 个。最低置信度取 0 可保留。",
    "Left out: {n} objects that are writing or a scale bar.": "略去：{n} 个属于文字或比例尺的对象。",
    "Left out: {n} object that is writing or a scale bar.": "略去：{n} 个属于文字或比例尺的对象。",
    "Left out as banner or empty strip: {where}. Only the rest was analysed, densities refer to it.":
        "作为信息栏或空白条略去：{where}。仅分析其余部分，密度以此为准。",
    "{n} px at the bottom": "底部 {n} px", "{n} px at the top": "顶部 {n} px",
    "{n} px at the left": "左侧 {n} px", "{n} px at the right": "右侧 {n} px",
    "Signs that no installed font has are printed as □: {n} of them.": "已安装字体中没有的字符打印为 □：共 {n} 个。",
    # check first
    "The {n} most doubtful of {counted}: look at these before trusting the numbers.":
        "{counted}中最可疑的 {n} 个：采信数字之前请先查看。",
    "confidence {n}": "置信度 {n}",
    "below a third of the median": "小于中位数的三分之一",
    "touches {n} others": "与 {n} 个相接触",
    "touches another": "与另一个相接触",
    "outlines {p} apart": "两种轮廓相差 {p}",
    "No {noun} looks doubtful.": "没有可疑的{noun}。",
    # batch and comparison
    "{counted} in {images}.": "{images}中共 {counted}。",
    "{images} without a known pixel size{which}: sizes in pixels.": "{images}像素尺寸未知{which}：尺寸以像素为单位。",
    "{images} failed.": "{images}失败。",
    "{images} in all": "共{images}",
    "{n} s per image": "每幅 {n} s",
    "Diameters and distributions are those of complete {nouns}; one logarithmic axis for all rows.":
        "直径与分布均为完整{nouns}的；各行共用一个对数轴。",
    "{images} could not be analysed; nothing was written for {them}.": "{images}未能分析；未为其写出任何结果。",
    "Distributions of the {what} of the complete {nouns}, by image: density of the logarithm of the size (Gaussian "
    "kernel, Silverman's bandwidth), box from the lower to the upper quartile, ring at the median. Images with fewer "
    "than eight {others} show each as a dot.":
        "各图像中完整{nouns}的{what}分布：尺寸对数的密度（高斯核，Silverman 带宽），方框为下四分位至上四分位，圆环为中位数。"
        "{others}少于八个的图像逐个以点显示。",
    "Sizes of {name}: {summary}": "{name}的尺寸：{summary}",
    "{name}: {warning}.": "{name}：{warning}。",
    "Axis: {what}": "坐标轴：{what}",
    "{what} of {images}, one row each.": "{images}的{what}，每行一个。",
    'The {what} of "{second}" is {n} times that of "{first}" ({interval}): {verdict}':
        "“{second}”的{what}是“{first}”的 {n} 倍（{interval}）：{verdict}",
    "median {what}": "{what}中位数",
    "Between {nouns}": "{nouns}之间",
    "they are equivalent within {p}": "二者在 {p} 以内等效",
    "{what} ({symbol})": "{what}（{symbol}）",
    "Ratio of the {what}, second group to first, with its {p} interval; the line at 1 is no difference.":
        "{what}的比值（第二组比第一组）及其 {p} 区间；1 处的线表示无差异。",
    "All groups together: p {chance} that their {nouns} come from one law (Kruskal-Wallis).":
        "所有组合并：其{nouns}来自同一分布的概率 p {chance}（Kruskal-Wallis）。",
    'To know the {what} of "{name}" to {p} takes about {counted} that vary as these do; there are {n}.':
        "要以 {p} 的精度得知“{name}”的{what}，约需 {counted}（变化如现有者）；现有 {n}。",
    "In no group, so left out: {names}.": "不属于任何组，已略去：{names}。",
    "Each group is a single picture: the figures tell these pictures apart, not what they were taken of. Three pictures "
    "or more of each, of different places, tell how much the material varies.":
        "每组仅一幅图片：数字区分的是图片，而非其所摄材料。每组三幅或更多、取自不同位置的图片才能说明材料的变化。",
    "Of {names} there is a single picture: it is taken to vary from picture to picture as the rest.":
        "{names}仅有一幅图片：假定其图片间变化与其余相同。",
    "Of {names} fewer than five objects lie beyond the percentile that is compared: it says little.":
        "{names}中超出所比较百分位数的对象少于五个：说明力有限。",
    'The median object of "{large}" is {n} px across, that of "{small}" {m} px: sizes seen at so different resolutions '
    "may differ because of that alone.": "“{large}”的中位对象为 {n} px，“{small}”为 {m} px：分辨率如此悬殊，尺寸差异可能仅由此而来。",
    "Density of the logarithm of the size (Gaussian kernel, Silverman's bandwidth), box from the lower to the upper "
    "quartile, ring at the median of all objects; each dot is the median of a {noun}.":
        "尺寸对数的密度（高斯核，Silverman 带宽），方框为下四分位至上四分位，圆环为全部对象的中位数；每点为一个{noun}的中位数。",
    "Share of objects up to each size, by number. Thick: all objects of a group. Band: where 95 % of curves lie when "
    "{nouns} and objects are drawn anew, from five {others} on; thin lines: the {rest} themselves, where there are "
    "fewer.": "不超过各尺寸的对象占比，按数量。粗线：一组的全部对象。带：重抽{nouns}与对象时 95 % 曲线所在范围，自五个{others}起；"
        "细线：不足五个时各{rest}自身。",
    'p: of no difference, by the law of the interval; "Holm": for all pairs together; "permutation": by handing the '
    '{nouns} to the groups in all ways, with the least value that it can have; "larger in": share of cases in which an '
    "object of the second group is larger than one of the first.":
        "p：无差异的概率，按区间所用分布；“Holm”：所有组对合并校正；“置换”：以一切方式把{nouns}分给各组，括号内为其可能的最小值；"
        "“较大占比”：第二组对象大于第一组对象的情形占比。",
    'Figures of all complete objects of a group, by number. "Between {nouns}": how much their mean sizes vary, sampling '
    'of objects taken off. "Worth objects": independent objects that would tell as much. A dash: fewer than five '
    "objects lie beyond the percentile, or nothing tells how sure it is.":
        "一组全部完整对象的数字，按数量。“{nouns}之间”：其平均尺寸的变化，已扣除对象抽样。“等效对象数”：信息量相当的独立对象数。"
        "短横：超出该百分位数的对象少于五个，或无从得知其可靠程度。",
    "The {what} was compared between {groups} of images analysed with Uni-AIMS. Objects cut by the border were left "
    "out. Since objects of one {noun} resemble each other, the {unit} was the unit. The ratio of two groups and its {p} "
    "interval come from resampling {nouns} and objects within them ({k} times) where both groups have five {others} or "
    "more, and else from Welch's t of the logarithms of the {third}' figures; of two single {fourth}, from their "
    "objects. P-values follow the same law; for several pairs they were adjusted after Holm. Uni-AIMS {version}.":
        "比较了用 Uni-AIMS 分析的{groups}图像的{what}。被边界截断的对象不计。由于同一{noun}的对象彼此相似，以{unit}为统计单元。"
        "两组之比及其 {p} 区间：两组均有五个或更多{others}时由重抽{nouns}及其中对象（{k} 次）得出，否则由{third}数字对数的 Welch t 得出；"
        "单个{fourth}之间则由其对象得出。p 值依同一分布；多组对时按 Holm 校正。Uni-AIMS {version}。",
}  # fmt: skip
PATTERNS: dict[str, str] = {
    **_COUNTED, **_SENTENCES, **{english: other for english, other in _DEFINITIONS.items() if "{" in english}
}  # fmt: skip
"""English pattern -> Chinese pattern, the more special first."""
