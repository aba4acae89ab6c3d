"""Networks in ONNX files: what they say of themselves, and running them. ONNX Runtime is imported with the first."""

from .facts import NetworkFacts, Slot, file_digest, network_digest, read_facts
from .network import Kept, Network, open_network
from .providers import PROVIDERS, providers_here

__all__ = [
    "PROVIDERS",
    "Kept",
    "Network",
    "NetworkFacts",
    "Slot",
    "file_digest",
    "network_digest",
    "open_network",
    "providers_here",
    "read_facts",
]
