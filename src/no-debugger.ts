// The first import of each entry point: SIGUSR1 must not open Node's debugger, through which every local user could run code as us.

// Node opens it only while nobody else listens to the signal. What logrotate or an administrator sends by mistake is nothing to us.
process.on("SIGUSR1", () => {});
