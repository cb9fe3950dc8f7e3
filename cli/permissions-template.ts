/** What a new permissions.yaml says: nothing, and how to say something. `spoke` is whose section to begin with. */
export function permissionsTemplate(spoke = 'creds'): string {
  return `# What each spoke may do, beside what its own spoke.yaml asks for. A change counts as soon as it is saved.
#   exec, notify, net, facts   what is said here replaces what spoke.yaml says
#   fs_read, fs_write          what is said here is added to what spoke.yaml says
#   deny                       wins over everything else
# 'axium perms show <spoke>' prints what comes out.
#
# ${spoke}:
#   exec: false
#   fs_read:
#     - ~/one/more/file
#   deny:
#     fs_read:
#       - ~/private/**
`;
}
