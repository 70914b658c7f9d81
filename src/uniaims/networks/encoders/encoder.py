"""What every encoder is: a module that gives feature maps and says how wide and how coarse they are."""

from torch import Tensor, nn


class Encoder(nn.Module):
    """Gives a pyramid of feature maps, finest first.

    Attributes:
        widths: channels of each feature map.
        strides: image pixels per pixel of each feature map, powers of two, rising.
        first_kernel: name of the kernel that sees the image; pretrained ones are adapted to the number of channels.
        unused: first parts of names in pretrained files that this encoder has no use for (classifiers).
        own: parts of names that pretrained files may lack.
    """

    widths: tuple[int, ...]
    strides: tuple[int, ...]
    first_kernel: str = ""
    unused: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    def forward(self, image: Tensor) -> list[Tensor]:
        """Image (N, C, H, W) -> maps (N, widths[i], H / strides[i], W / strides[i]).

        H and W are multiples of the settings' stride.
        """
        raise NotImplementedError

    def adapted(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Pretrained tensors with the names and shapes that this encoder has them in; as they are by default."""
        return tensors
