"""The module ``nuke`` of the stand-in: nothing is public here that the public stubs do not know; a test holds it to it.

Put this folder on the path and ``import nuke`` finds it. Valid Python 3.7.
"""

from __future__ import annotations as _annotations

import sys as _sys
from typing import Any as _Any

from tests.nuke_standin.arrays import (  # noqa: F401
    Array_Knob,
    BBox_Knob,
    Boolean_Knob,
    Color_Knob,
    Double_Knob,
    Int_Knob,
    WH_Knob,
    XY_Knob,
    XYZ_Knob,
)
from tests.nuke_standin.dag import (  # noqa: F401
    Layer,
    Nodes,
    allNodes,
    channels,
    createNode,
    delete,
    execute,
    exists,
    expression,
    filename,
    frame,
    layers,
    nodePaste,
    nodes,
    root,
    sample,
    scriptClear,
    scriptName,
    scriptOpen,
    scriptReadFile,
    scriptReadText,
    scriptSaveAs,
    scriptSource,
    selectedNode,
    selectedNodes,
    thisGroup,
    thisKnob,
    thisNode,
    thisParent,
    thisRoot,
    toNode,
    views,
)
from tests.nuke_standin.environment import EXE_PATH, CancelledError, GlobalsEnvironment, env  # noqa: F401
from tests.nuke_standin.knobs import (  # noqa: F401
    CascadingEnumeration_Knob,
    Channel_Knob,
    ChannelMask_Knob,
    Enumeration_Knob,
    EvalString_Knob,
    File_Knob,
    Format_Knob,
    Knob,
    Link_Knob,
    Multiline_Eval_String_Knob,
    PyScript_Knob,
    Script_Knob,
    String_Knob,
    Tab_Knob,
    Text_Knob,
)
from tests.nuke_standin.menus import Menu, MenuItem, ToolBar, menu, toolbar  # noqa: F401
from tests.nuke_standin.nodes import Format, FrameRange, Gizmo, Group, Node, Root  # noqa: F401
from tests.nuke_standin.plugins import (  # noqa: F401
    addKnobChanged,
    addOnCreate,
    addOnDestroy,
    addOnScriptClose,
    addOnScriptLoad,
    addOnScriptSave,
    addOnUserCreate,
    pluginAddPath,
    pluginAppendPath,
    pluginPath,
)
from tests.nuke_standin.session import SESSION as _SESSION
from tests.nuke_standin.talk import (  # noqa: F401
    ProgressTask,
    Undo,
    alert,
    ask,
    askWithCancel,
    choice,
    critical,
    debug,
    error,
    getFilename,
    getInput,
    message,
    tprint,
    warning,
)
from tests.nuke_standin.threads import executeInMainThread, executeInMainThreadWithResult  # noqa: F401

INVISIBLE, STARTLINE, DO_NOT_WRITE, ENDLINE, DISABLED = 1024, 4096, 512, 8192, 128
INPUTS, HIDDEN_INPUTS, EXPRESSIONS, LINKINPUTS = 1, 2, 4, 8
THREADS = NUM_CPUS = 2
rawArgs = list(_sys.argv)
render = execute


def __getattr__(name: str) -> _Any:
    """What depends on the sitting."""
    major, minor = _SESSION.version
    found = {
        "GUI": _SESSION.gui,
        "INTERACTIVE": _SESSION.gui,
        "NUKE_VERSION_MAJOR": major,
        "NUKE_VERSION_MINOR": minor,
        "NUKE_VERSION_STRING": "%d.%dv1" % (major, minor),
    }
    if name not in found:
        raise AttributeError("module 'nuke' has no attribute '%s'" % name)
    return found[name]
