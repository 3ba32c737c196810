"""Display names of model families, from the names of models."""

import re

FAMILIES = {
    "gpt": "ChatGPT",
    "openai": "ChatGPT",
    "gemini": "Gemini",
    "claude": "Claude",
    "glm": "GLM",
    "deepseek": "DeepSeek",
    "kimi": "Kimi",
    "llama": "Llama",
    "qwen": "Qwen",
    "mistral": "Mistral",
    "grok": "Grok",
}
"""Part of a model's name to the name that its AI agents go by."""

OTHER_FAMILY = "Meridian"
"""What agents of a model of no known family are called."""


def family_of(model: str) -> str:
    """The display name of a model's family."""
    name = model.lower()
    if re.match(r"(.*/)?o\d", name):
        return FAMILIES["gpt"]
    return next((family for part, family in FAMILIES.items() if part in name), OTHER_FAMILY)
