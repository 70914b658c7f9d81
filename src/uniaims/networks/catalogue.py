"""Encoders and shipped models as tables: what each costs and when to take it. Free of torch: a base install shows it.

Figures of encoders are those of `benchmarks/encoders.py`, for the whole network (encoder, neck, decoder, heads) on one
channel; those of models stand in docs/accuracy.md and docs/performance.md too, and a test compares them.
"""

from dataclasses import dataclass

from uniaims.errors import SettingsError, did_you_mean


@dataclass(frozen=True)
class EncoderEntry:
    """One encoder.

    Attributes:
        name: what settings, command line and model files call it.
        pretrained: weights that fit, under an open licence, as the Hugging Face hub names them.
        stride: input sides are padded to multiples of this many pixels.
        parameters_millions: trained numbers of the whole network, in millions.
        gmac_per_megapixel: multiply-adds, in thousand millions for each million pixels.
        seconds_per_megapixel: of one CPU thread with PyTorch in float32.
        peak_memory_mb: what running it on a 512 x 512 px tile adds to the memory of the process.
        advice: when to take it.
    """

    name: str
    pretrained: str
    stride: int
    parameters_millions: float
    gmac_per_megapixel: float
    seconds_per_megapixel: float
    peak_memory_mb: float
    advice: str


UNET = "unet"
CATALOGUE: tuple[EncoderEntry, ...] = (
    EncoderEntry(
        UNET, "", 32, 5.6, 45, 2.7, 121,
        "The default: everything on a CPU, fine-tuning in minutes, a few hundred images.",
    ),
    EncoderEntry(
        "resnet18", "timm/resnet18.a1_in1k", 32, 13.1, 57, 3, 181,
        "The first step up on a CPU; cheap, with pretrained weights.",
    ),
    EncoderEntry(
        "resnet34", "timm/resnet34.a1_in1k", 32, 23.2, 94, 4.5, 213,
        "As resnet18 with more data.",
    ),
    EncoderEntry(
        "resnet50", "timm/resnet50.a1_in1k", 32, 26.1, 105, 5.5, 278,
        "The usual yardstick of published methods; pretrained, a small GPU.",
    ),
    EncoderEntry(
        "resnet101", "timm/resnet101.a1h_in1k", 32, 45.1, 179, 7.1, 328,
        "As resnet50 with thousands of labelled images; a GPU.",
    ),
    EncoderEntry(
        "resnext50", "timm/resnext50_32x4d.a1h_in1k", 32, 25.5, 108, 5.3, 276,
        "As resnet50, at the same cost; a GPU.",
    ),
    EncoderEntry(
        "resnext101", "timm/resnext101_32x8d.tv_in1k", 32, 89.3, 351, 14.9, 581,
        "The largest of the plain convolutional ones; many images and a GPU.",
    ),
    EncoderEntry(
        "convnext-atto", "timm/convnext_atto.d2_in1k", 32, 5.2, 33, 2.1, 152,
        "A wider view than unet at its cost: large or textured objects on a CPU.",
    ),
    EncoderEntry(
        "convnext-nano", "timm/convnext_nano.in12k_ft_in1k", 32, 16.9, 71, 3.4, 197,
        "The balance of cost and accuracy with pretrained weights; a CPU with patience, a small GPU.",
    ),
    EncoderEntry(
        "convnext-tiny", "timm/convnext_tiny.fb_in22k", 32, 29.8, 112, 4.8, 263,
        "The first choice on a GPU with pretrained weights.",
    ),
    EncoderEntry(
        "convnext-small", "timm/convnext_small.fb_in22k", 32, 51.5, 196, 7.8, 333,
        "As convnext-tiny with thousands of labelled images.",
    ),
    EncoderEntry(
        "convnext-base", "timm/convnext_base.fb_in22k", 32, 89.7, 329, 12.8, 504,
        "As convnext-small with tens of thousands of images.",
    ),
    EncoderEntry(
        "efficientnet-lite0", "timm/tf_efficientnet_lite0.in1k", 32, 4.8, 36, 3, 154,
        "Pretrained, at the cost of unet and with its fine levels: few images on a CPU.",
    ),
    EncoderEntry(
        "efficientnet-lite1", "timm/tf_efficientnet_lite1.in1k", 32, 5.6, 38, 3.2, 151,
        "As efficientnet-lite0, a little deeper.",
    ),
    EncoderEntry(
        "efficientnet-lite2", "timm/tf_efficientnet_lite2.in1k", 32, 6.2, 39, 3.4, 159,
        "As efficientnet-lite1, a little wider.",
    ),
    EncoderEntry(
        "swin-tiny", "timm/swin_tiny_patch4_window7_224.ms_in1k", 32, 29.5, 113, 5.4, 308,
        "Structures whose kind shows only at several scales; pretrained weights and a GPU.",
    ),
    EncoderEntry(
        "swin-small", "timm/swin_small_patch4_window7_224.ms_in1k", 32, 50.9, 198, 11.7, 368,
        "As swin-tiny with thousands of labelled images.",
    ),
    EncoderEntry(
        "swin-base", "timm/swin_base_patch4_window7_224.ms_in1k", 32, 88.9, 333, 17.9, 558,
        "As swin-small with tens of thousands of images.",
    ),
    EncoderEntry(
        "swin-large", "timm/swin_large_patch4_window7_224.ms_in22k", 32, 197.4, 714, 27.7, 1035,
        "Pretrained weights, tens of thousands of images and a data-centre GPU.",
    ),
    EncoderEntry(
        "vit-tiny", "timm/vit_tiny_patch16_224.augreg_in21k", 128, 7.6, 51, 2, 149,
        "Tries out a transformer cheaply.",
    ),
    EncoderEntry(
        "vit-small", "timm/vit_small_patch16_224.augreg_in21k", 128, 24.4, 124, 6, 242,
        "Sees the whole tile at once: long and large objects; pretrained weights and a GPU.",
    ),
    EncoderEntry(
        "vit-base", "timm/samvit_base_patch16.sa1b", 128, 90.9, 399, 17, 557,
        "Takes the weights of Segment Anything (ViT-B); a GPU.",
    ),
    EncoderEntry(
        "vit-large", "timm/samvit_large_patch16.sa1b", 128, 310.7, 1275, 45.1, 1471,
        "Takes the weights of Segment Anything (ViT-L); a data-centre GPU.",
    ),
)  # fmt: skip


def encoder_entry(name: str) -> EncoderEntry:
    """The entry of an encoder.

    Raises:
        SettingsError: if no encoder has that name; the message lists all names.
    """
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    names = [entry.name for entry in CATALOGUE]
    raise SettingsError(f"encoder {name!r}: wanted one of {', '.join(names)}.{did_you_mean(name, names)}")


@dataclass(frozen=True)
class ModelEntry:
    """A model that comes with the program.

    Attributes:
        advice: when to take it.
        seconds_large_image: of the whole command on `LARGE_IMAGE`.
        mean_ap50: over `VALIDATION_SETS`, each set counting the same.
    """

    advice: str
    seconds_large_image: float
    mean_ap50: float


LARGE_IMAGE = "8192 x 8192 px, two CPU cores"
VALIDATION_SETS = "seven validation sets"
SHIPPED_MODELS = {
    "general": ModelEntry("First, and always on a GPU; fine-tune this one for your own material.", 59.3, 0.674),
    "general-fast": ModelEntry(
        "Large images, folders and slow computers: the same network with 8-bit numbers, and nearly the same objects.",
        36.9,
        0.671,
    ),
}
"""By the name of the file."""
