"""Networks in ONNX files: their facts, and running them. ONNX Runtime is imported when the first is opened."""

from .facts import NetworkFacts, Slot, file_digest, network_digest, read_facts
from .network import Kept, Network, open_network
from .providers import PROVIDERS, check_runtime, providers_here

__all__ = [
    "PROVIDERS",
    "Kept",
    "Network",
    "NetworkFacts",
    "Slot",
    "check_runtime",
    "file_digest",
    "network_digest",
    "open_network",
    "providers_here",
    "read_facts",
]
