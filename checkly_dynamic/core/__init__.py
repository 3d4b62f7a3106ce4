"""What a trigger and a gate do, without Pulumi and without HTTP."""
