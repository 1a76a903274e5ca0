"""What is known of torchvision's nets from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """What is known of a net from elsewhere.

    Attributes:
        parameters: `num_params` in torchvision's weights.
        billions: `_ops` in torchvision's weights: multiply-adds, in 10**9, rounded there.
        stages: the images that a few layers give, (C, H, W), by hand.
        counts: how many layers there are of these types.
    """

    parameters: int
    billions: float
    stages: dict[str, tuple[int, int, int]]
    counts: dict[str, int]


RESNET = {"conv1": (64, 112, 112), "pool1": (64, 56, 56)}  # (224 + 6 - 7) // 2 + 1, half of it
NARROW = RESNET | {
    "layer1/first": (64, 56, 56),
    "layer2/first": (128, 28, 28),
    "layer3/first": (256, 14, 14),
    "layer4/first": (512, 7, 7),
}
DEEP = RESNET | {
    "layer1/first": (256, 56, 56),
    "layer2/first": (512, 28, 28),
    "layer3/first": (1024, 14, 14),
    "layer4/first": (2048, 7, 7),
}
VGG = {
    "pool1": (64, 112, 112),
    "pool2": (128, 56, 56),
    "pool3": (256, 28, 28),
    "pool4": (512, 14, 14),
    "pool5": (512, 7, 7),
}
KNOWN = {
    "alexnet": Known(
        61_100_840,
        0.714,
        # floor((224 + 2*2 - 11) / 4) + 1 = 55, then (n - 3) // 2 + 1 three times
        {
            "conv1": (64, 55, 55),
            "pool1": (64, 27, 27),
            "pool2": (192, 13, 13),
            "pool5": (256, 6, 6),
        },
        {"Convolution": 5, "InnerProduct": 3, "ReLU": 7, "Dropout": 2, "Pooling": 3},
    ),
    "vgg16": Known(
        138_357_544,
        15.470,
        VGG,
        {"Convolution": 13, "InnerProduct": 3, "ReLU": 15, "Dropout": 2, "Pooling": 5},
    ),
    "vgg19": Known(
        143_667_240,
        19.632,
        VGG,
        {"Convolution": 16, "InnerProduct": 3, "ReLU": 18, "Dropout": 2, "Pooling": 5},
    ),
    "googlenet": Known(
        6_624_904,
        1.498,
        # 64 + 128 + 32 + 32 channels in 3a, 192 + 208 + 48 + 64 in 4a, 384 + 384 + 128 + 128 in 5b
        {
            "pool1": (64, 56, 56),
            "pool2": (192, 28, 28),
            "inception3a": (256, 28, 28),
            "inception3b": (480, 28, 28),
            "inception4a": (512, 14, 14),
            "inception4d": (528, 14, 14),
            "inception4e": (832, 14, 14),
            "inception5a": (832, 7, 7),
            "inception5b": (1024, 7, 7),
        },
        # 3 + 9 * 6 convolutions; 4 + 9 + 1 poolings
        {"Convolution": 57, "BatchNorm": 57, "ReLU": 57, "Pooling": 14, "Dropout": 1},
    ),
    "inception_v3": Known(
        27_161_264,
        5.713,
        # the sizes that torchvision's source has beside each line
        {
            "conv1a": (32, 149, 149),
            "conv2a": (32, 147, 147),
            "conv2b": (64, 147, 147),
            "pool1": (64, 73, 73),
            "conv3b": (80, 73, 73),
            "conv4a": (192, 71, 71),
            "pool2": (192, 35, 35),
            "mixed5b": (256, 35, 35),
            "mixed5c": (288, 35, 35),
            "mixed5d": (288, 35, 35),
            "mixed6a": (768, 17, 17),
            "mixed6e": (768, 17, 17),
            "auxiliary/pool": (768, 5, 5),
            "auxiliary/conv1": (768, 1, 1),
            "mixed7a": (1280, 8, 8),
            "mixed7b": (2048, 8, 8),
            "mixed7c": (2048, 8, 8),
            "drop7": (2048, 1, 1),
        },
        # 5 + 3 * 7 (A) + 4 (B) + 4 * 10 (C) + 6 (D) + 2 * 9 (E) + 2 (head) convolutions
        {"Convolution": 96, "BatchNorm": 96, "ReLU": 96, "InnerProduct": 2, "Dropout": 1},
    ),
    "resnet18": Known(
        11_689_512,
        1.814,
        NARROW,
        # 1 + 8 blocks of 2 + 3 shortcuts; ReLU: 1 + 8 * 2
        {"Convolution": 20, "BatchNorm": 20, "Scale": 20, "ReLU": 17, "Eltwise": 8},
    ),
    "resnet34": Known(
        21_797_672,
        3.664,
        NARROW,
        # 1 + 16 * 2 + 3; 1 + 16 * 2
        {"Convolution": 36, "BatchNorm": 36, "Scale": 36, "ReLU": 33, "Eltwise": 16},
    ),
    "resnet50": Known(
        25_557_032,
        4.089,
        DEEP,
        # 1 + 16 * 3 + 4; 1 + 16 * 3
        {"Convolution": 53, "BatchNorm": 53, "Scale": 53, "ReLU": 49, "Eltwise": 16},
    ),
    "resnet101": Known(
        44_549_160,
        7.801,
        DEEP,
        # 1 + 33 * 3 + 4; 1 + 33 * 3
        {"Convolution": 104, "BatchNorm": 104, "Scale": 104, "ReLU": 100, "Eltwise": 33},
    ),
    "resnet152": Known(
        60_192_808,
        11.514,
        DEEP,
        # 1 + 50 * 3 + 4; 1 + 50 * 3
        {"Convolution": 155, "BatchNorm": 155, "Scale": 155, "ReLU": 151, "Eltwise": 50},
    ),
    "wide_resnet50_2": Known(
        68_883_240,
        11.398,
        DEEP | {"layer1/first/conv2": (128, 56, 56), "layer4/first/conv2": (1024, 7, 7)},
        {"Convolution": 53, "BatchNorm": 53, "Scale": 53, "ReLU": 49, "Eltwise": 16},
    ),
    "squeezenet1_0": Known(
        1_248_424,
        0.819,
        # (224 - 7) // 2 + 1 = 109, then ceil((n - 3) / 2) + 1 after fire 1, 4 and 8
        {
            "conv1": (96, 109, 109),
            "pool1": (96, 54, 54),
            "fire4": (256, 54, 54),
            "pool2": (256, 27, 27),
            "fire8": (512, 27, 27),
            "pool3": (512, 13, 13),
            "fire9": (512, 13, 13),
            "conv10": (1000, 13, 13),
        },
        {"Convolution": 26, "ReLU": 26, "Concat": 8, "Pooling": 4, "Dropout": 1},
    ),
    "squeezenet1_1": Known(
        1_235_496,
        0.349,
        # (224 - 3) // 2 + 1 = 111, then ceil((n - 3) / 2) + 1 after fire 1, 3 and 5
        {
            "conv1": (64, 111, 111),
            "pool1": (64, 55, 55),
            "fire3": (128, 55, 55),
            "pool2": (128, 27, 27),
            "fire5": (256, 27, 27),
            "pool3": (256, 13, 13),
            "fire9": (512, 13, 13),
            "conv10": (1000, 13, 13),
        },
        {"Convolution": 26, "ReLU": 26, "Concat": 8, "Pooling": 4, "Dropout": 1},
    ),
    "densenet121": Known(
        7_978_856,
        2.834,
        # 64 + 6 * 32, 128 + 12 * 32, 256 + 24 * 32, 512 + 16 * 32
        {
            "conv0": (64, 112, 112),
            "pool0": (64, 56, 56),
            "dense1_6": (256, 56, 56),
            "transition1/pool": (128, 28, 28),
            "dense2_12": (512, 28, 28),
            "transition2/pool": (256, 14, 14),
            "dense3_24": (1024, 14, 14),
            "transition3/pool": (512, 7, 7),
            "dense4_16": (1024, 7, 7),
        },
        # 1 + 58 * 2 + 3 convolutions, and the last normalization has none after it
        {"Convolution": 120, "BatchNorm": 121, "ReLU": 121, "Concat": 58, "Pooling": 5},
    ),
    "mobilenet_v2": Known(
        3_504_872,
        0.301,
        {
            "conv0": (32, 112, 112),
            "stage1/project": (16, 112, 112),
            "stage2/first/project": (24, 56, 56),
            "stage3/first/project": (32, 28, 28),
            "stage4/first/project": (64, 14, 14),
            "stage5/first/project": (96, 14, 14),
            "stage6/first/project": (160, 7, 7),
            "stage7/first/project": (320, 7, 7),
            "conv8": (1280, 7, 7),
        },
        # 1 + 2 + 16 * 3 + 1 convolutions, for one of the 17 blocks does not expand; 17 of them are
        # without ReLU6; 1 + 2 + 3 + 2 + 2 blocks are residual
        {"Convolution": 52, "BatchNorm": 52, "ReLU6": 35, "Eltwise": 10, "Dropout": 1},
    ),
    "shufflenet_v2_x1_0": Known(
        2_278_604,
        0.145,
        {
            "conv1": (24, 112, 112),
            "pool1": (24, 56, 56),
            "stage2/first": (116, 28, 28),
            "stage2/rest_3": (116, 28, 28),
            "stage3/rest_7": (232, 14, 14),
            "stage4/rest_3": (464, 7, 7),
            "conv5": (1024, 7, 7),
        },
        # 2 + 3 * 5 + 13 * 3 convolutions; 2 + 3 * 3 + 13 * 2 of them with a ReLU
        {"Convolution": 56, "BatchNorm": 56, "ReLU": 37, "ShuffleChannel": 16, "Slice": 13},
    ),
}
