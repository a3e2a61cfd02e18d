// A workflow imports one module: the words it shares with the sidecar come along.
@_exported public import EmergencyStopCore
