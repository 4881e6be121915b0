"""The runtime: interpret a program, or compile it to a torch module."""

from diagram.runtime.calibrating import calibrate
from diagram.runtime.interpret import interpret
from diagram.runtime.module import DiagramModule, compile

__all__ = ["DiagramModule", "calibrate", "compile", "interpret"]
