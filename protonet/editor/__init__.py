"""What editors need to know of the language: a JSON Schema of everything that a spec may say."""

from __future__ import annotations

from protonet.editor.language import language_schema, schema_text

__all__ = ["language_schema", "schema_text"]
