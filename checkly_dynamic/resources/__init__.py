"""What a Pulumi program constructs: the trigger, the gate, and the typed shapes of their inputs and outputs."""

from checkly_dynamic.resources.check_session_gate import CheckSessionGate
from checkly_dynamic.resources.session_triggers import CheckSessionTrigger, TestSessionTrigger
from checkly_dynamic.resources.types import Session, TargetArgs, TargetArgsDict

__all__ = ["CheckSessionGate", "CheckSessionTrigger", "Session", "TargetArgs", "TargetArgsDict", "TestSessionTrigger"]
