# The executor of Axium as a module of NixOS: services.axium-executor.enable = true.
{ config, lib, pkgs, ... }:

let
  cfg = config.services.axium-executor;
in
{
  options.services.axium-executor = {
    enable = lib.mkEnableOption "Axium's executor of a fixed table of actions";

    package = lib.mkOption {
      type = lib.types.path;
      description = "The installed package of Axium, with its dependencies.";
    };

    actions = lib.mkOption {
      type = lib.types.path;
      default = "${cfg.package}/packaging/actions.yaml";
      defaultText = "the table that comes with the package";
      description = "The table of actions. Its programs have to be paths of this system.";
    };

    dangerous = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether admins may ask for dangerous actions, such as a rollback.";
    };

    serviceConfig = lib.mkOption {
      type = lib.types.attrsOf lib.types.unspecified;
      default = { };
      example = { CapabilityBoundingSet = [ "CAP_SYS_NICE" ]; SystemCallFilter = [ "@system-service" "~@privileged" ]; };
      description = "What the enabled actions need beyond the default, as 'axium executor install --dry-run' tells.";
    };
  };

  config = lib.mkIf cfg.enable {
    users.groups.axium = { };
    users.groups.axium-admin = { };

    # A copy, since the table has to be a file of its own that only root can write.
    environment.etc."axium/actions.yaml" = {
      source = cfg.actions;
      mode = "0644";
    };

    systemd.sockets.axium-executor = {
      description = "The socket of Axium's executor";
      wantedBy = [ "sockets.target" ];
      socketConfig = {
        ListenStream = "/run/axium/executor.sock";
        SocketMode = "0660";
        SocketUser = "root";
        SocketGroup = "axium";
        DirectoryMode = "0755";
        RemoveOnStop = true;
      };
    };

    systemd.services.axium-executor = {
      description = "Axium's executor, which performs a fixed table of actions";
      requires = [ "axium-executor.socket" ];
      after = [ "axium-executor.socket" ];
      environment = lib.optionalAttrs cfg.dangerous { AXIUM_DANGEROUS_OPS = "true"; };
      serviceConfig = {
        Type = "exec";
        ExecStart = "${pkgs.nodejs}/bin/node ${cfg.package}/dist/core/executor/main.js";
        WorkingDirectory = "/";
        Restart = "on-failure";
        RestartSec = "1s";
        RestartPreventExitStatus = 78;
        KillMode = "mixed";
        TimeoutStopSec = 20;
        StateDirectory = "axium-executor";
        StateDirectoryMode = "0700";
        UMask = "0077";
        LimitCORE = 0;
        CapabilityBoundingSet = "";
        AmbientCapabilities = "";
        NoNewPrivileges = true;
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateDevices = true;
        PrivateNetwork = true;
        PrivateMounts = true;
        PrivateIPC = true;
        ProtectKernelTunables = true;
        ProtectKernelModules = true;
        ProtectKernelLogs = true;
        ProtectControlGroups = true;
        ProtectClock = true;
        ProtectHostname = true;
        RestrictAddressFamilies = [ "AF_UNIX" ];
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        LockPersonality = true;
        RemoveIPC = true;
        KeyringMode = "private";
        DevicePolicy = "closed";
        IPAddressDeny = "any";
        SystemCallArchitectures = "native";
        SystemCallFilter = [ "@system-service" "~@privileged @resources" ];
        SystemCallErrorNumber = "EPERM";
      } // cfg.serviceConfig;
    };
  };
}
