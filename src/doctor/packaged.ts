// Whether the Debian package has put us here: its machines have no npm, and no checkout.

export const IS_PACKAGED = import.meta.dirname.startsWith("/usr/lib/knockd/");

/** What brings our service, and our files, into order. */
export const INSTALL_ADVICE = IS_PACKAGED ? "apt-get install --reinstall knockd" : "npm run install-service";
