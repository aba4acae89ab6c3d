"""The U-Net's forward pass for rendering: diffusers' modules and weights, without needless copies.

The result is that of the modules' own ``forward`` but for rounding. Saved is, for a window of T frames: the keys and
values of the condition are made once a job, not for every frame of every step; frames share them in one attention;
pictures stay channels last through spatial and temporal transformers, which diffusers turns over twice each; nothing is
divided by 1; sums and activations are written in place. Training takes the modules' own way, which has gradients.

Legend: T frames, C channels, h w latent pixels, N context tokens. Inside, pictures are (T, C, h, w), channels last in
memory, so that tokens (T, h w, C) are a view of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention, silu

_FEW_SCORES = 2**24
_SMALL = 1024
"""Pixels of a picture below which PyTorch's group norm of channels last goes its slow way."""

Keys = list[list[tuple[Tensor, Tensor, float]]]
"""Of each cross-attention in the order of the pass: keys and values (1, heads, N, C / heads), and their weight."""


def keys_of(unet: Any, context: Tensor, adapter_tokens: int = 0) -> Keys:
    """What every cross-attention of ``unet`` reads of ``context`` (1, N, D), whose last tokens are an IP-Adapter's."""
    context = context.to(unet.dtype)
    text = context[:, : context.shape[1] - adapter_tokens]
    found: Keys = []
    for layer in _cross_attentions(unet):
        sources = [(layer.to_k, layer.to_v, text, 1.0)]
        if adapter_tokens:
            kept = layer.processor
            sources.append((kept.to_k_ip[0], kept.to_v_ip[0], context[:, text.shape[1] :], kept.scale[0]))
        found.append([(_heads(k(x), layer), _heads(v(x), layer), weight) for k, v, x, weight in sources])
    return found


def run_unet(
    unet: Any, sample: Tensor, timestep: Tensor, keys: Keys, deep: list[Tensor] | None = None
) -> Tensor:
    """The prediction (T, C, h, w) for a window ``sample`` (T, C', h, w) at a ``timestep`` (1,).

    ``deep`` passes on from step to step what the deep layers made (DeepCache: Ma, Fang and Wang, 2024). If it is empty,
    all layers run, and it is put there; else only those run that take it and the sample alone.
    """
    time = silu(unet.time_embedding(unet.time_proj(timestep).to(unet.dtype)))
    made = unet.conv_in(sample.contiguous(memory_format=torch.channels_last))
    if deep:
        return _finished(unet, deep[0], made, time, iter(keys[-1:]))
    reads = iter(keys)
    skipped = [made]
    for block in unet.down_blocks:
        for layer, resnet in enumerate(block.resnets):
            made = _layer(block, layer, _resnet(resnet, made, time), reads)
            skipped.append(made)
        for shrink in block.downsamplers or ():
            made = shrink(made)
            skipped.append(made)
    made = _resnet(unet.mid_block.resnets[0], made, time)
    for layer, resnet in enumerate(unet.mid_block.resnets[1:]):
        made = _resnet(resnet, _layer(unet.mid_block, layer, made, reads), time)
    for block in unet.up_blocks:
        for layer, resnet in enumerate(block.resnets):
            if len(skipped) == 1:
                break
            made = _resnet(resnet, torch.cat([made, skipped.pop()], dim=1), time)
            made = _layer(block, layer, made, reads)
        for grow in block.upsamplers or ():
            made = grow(made, skipped[-1].shape[-2:])  # an odd size is not twice its half
    if deep is not None:
        deep.append(made)
    return _finished(unet, made, skipped[0], time, reads)


def _finished(unet: Any, made: Tensor, first: Tensor, time: Tensor, reads: Iterator[Any]) -> Tensor:
    """The prediction, by the last layer, of what all others ``made`` and the ``first`` one."""
    block = unet.up_blocks[-1]
    made = _resnet(block.resnets[-1], torch.cat([made, first], dim=1), time)
    made = _layer(block, len(block.resnets) - 1, made, reads)
    return unet.conv_out(silu(_norm(unet.conv_norm_out, made), inplace=True))  # type: ignore[no-any-return]


def _cross_attentions(unet: Any) -> Iterator[Any]:
    for part in (*unet.down_blocks, unet.mid_block, *unet.up_blocks):
        for transformer in getattr(part, "attentions", ()):
            yield from (block.attn2 for block in transformer.transformer_blocks)


def _layer(part: Any, index: int, made: Tensor, reads: Iterator[Any]) -> Tensor:
    """The transformers after a resnet: over the pixels of each frame, then over the frames of each pixel."""
    if hasattr(part, "attentions"):
        made = _spatial(part.attentions[index], made, reads)
    if hasattr(part, "motion_modules"):
        made = _temporal(part.motion_modules[index], made)
    return made


def _resnet(resnet: Any, given: Tensor, time: Tensor) -> Tensor:
    made: Tensor = resnet.conv1(silu(_norm(resnet.norm1, given), inplace=True))
    made += resnet.time_emb_proj(time)[:, :, None, None]
    made = resnet.conv2(silu(_norm(resnet.norm2, made), inplace=True))
    made += given if resnet.conv_shortcut is None else resnet.conv_shortcut(given)
    return made


def _spatial(transformer: Any, given: Tensor, reads: Iterator[Any]) -> Tensor:
    frames, _, height, width = given.shape
    tokens = _tokens(transformer.proj_in(_norm(transformer.norm, given)))
    for block in transformer.transformer_blocks:
        normal = block.norm1(tokens)
        query, key, value = (
            _heads(part(normal), block.attn1)
            for part in (block.attn1.to_q, block.attn1.to_k, block.attn1.to_v)
        )
        tokens += block.attn1.to_out[0](_joined(_attention(query, key, value)))
        query = _heads(block.attn2.to_q(block.norm2(tokens)).flatten(0, 1)[None], block.attn2)
        (key, value, _), *adapters = next(reads)
        read = _attention(query, key, value)
        for key, value, weight in adapters:
            read += weight * _attention(query, key, value)
        tokens += block.attn2.to_out[0](_joined(read)).view_as(tokens)
        tokens += _feed_forward(block, tokens)
    made: Tensor = transformer.proj_out(tokens.reshape(frames, height, width, -1).permute(0, 3, 1, 2))
    made += given
    return made


def _temporal(transformer: Any, given: Tensor) -> Tensor:
    frames, channels, height, width = given.shape
    whole = _tokens(given).reshape(1, frames * height, width, channels).permute(0, 3, 1, 2)
    tokens = transformer.proj_in(
        _tokens(_norm(transformer.norm, whole)).reshape(frames, height * width, channels)
    )
    for block in transformer.transformer_blocks:
        for before, layer in ((block.norm1, block.attn1), (block.norm2, block.attn2)):
            normal = before(tokens)
            if block.pos_embed is not None:
                normal += block.pos_embed.pe[0, :frames, None].to(normal)
            query, key, value = (
                _heads(part(normal).transpose(0, 1), layer) for part in (layer.to_q, layer.to_k, layer.to_v)
            )
            # One copy to (T, h w, C): of a transposed input, a linear layer would multiply frame by frame.
            read = _attention(query, key, value).permute(2, 0, 1, 3).flatten(2)
            tokens += layer.to_out[0](read)
        tokens += _feed_forward(block, tokens)
    made: Tensor = transformer.proj_out(tokens).reshape(frames, height, width, channels).permute(0, 3, 1, 2)
    made += given
    return made


def _feed_forward(block: Any, tokens: Tensor) -> Tensor:
    gate, _, out = block.ff.net
    value, shut = gate.proj(block.norm3(tokens)).chunk(2, dim=-1)
    opened = gelu(shut.contiguous())  # a strided one takes twice as long
    opened *= value
    made: Tensor = out(opened)
    return made


def _tokens(pictures: Tensor) -> Tensor:
    """Pictures (T, C, h, w) as tokens (T, h w, C)."""
    return pictures.permute(0, 2, 3, 1).flatten(1, 2)


def _heads(tokens: Tensor, layer: Any) -> Tensor:
    """Tokens (B, N, C) by heads (B, heads, N, C / heads)."""
    made: Tensor = tokens.unflatten(-1, (layer.heads, -1))
    return made.transpose(1, 2)


def _joined(tokens: Tensor) -> Tensor:
    """Tokens by heads as (B, N, C) again."""
    return tokens.transpose(1, 2).flatten(2)


def _attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention (B, heads, N, C / heads); on processors, PyTorch's is slow in half precision where scores are few."""
    scores = query.shape[:3].numel() * key.shape[2]
    if query.device.type != "cpu" or query.dtype == torch.float32 or scores > _FEW_SCORES:
        return scaled_dot_product_attention(query, key, value)
    weights = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    read: Tensor = weights.softmax(-1) @ value
    return read


def _norm(norm: nn.GroupNorm, given: Tensor) -> Tensor:
    """The group norm of pictures that are channels last; PyTorch's own is slow on processors where they are small."""
    frames, channels, height, width = given.shape
    if given.device.type != "cpu" or height * width >= _SMALL:
        return norm(given)  # type: ignore[no-any-return]
    tokens = _tokens(given)
    # Of each channel, then of each group of channels: variances add up without losing digits to a large mean.
    wide = tokens.to(torch.float32, copy=True)
    mean = wide.mean(1)
    wide -= mean[:, None]
    spread = wide.square_().mean(1)
    groups = mean.unflatten(1, (norm.num_groups, -1))
    apart, middle = torch.var_mean(groups, dim=2, correction=0, keepdim=True)
    variance = spread.view_as(groups).mean(2, keepdim=True) + apart
    scale = (variance + norm.eps).rsqrt() * norm.weight.float().view(norm.num_groups, -1)
    shift = norm.bias.float().view(norm.num_groups, -1) - middle * scale
    scale, shift = (one.flatten(1)[:, None].to(given.dtype) for one in (scale, shift))
    made: Tensor = torch.addcmul(shift, tokens, scale)
    return made.reshape(frames, height, width, channels).permute(0, 3, 1, 2)
