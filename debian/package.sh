#!/bin/bash
# npm run package: makes knockd_VERSION_ARCHITECTURE.deb here, or package.sh DIR in DIR, of what npm run build leaves. Two of one commit
# are the same to the byte: all times are the commit's. Needs dpkg-dev, and strip (binutils) for the library of the second sniffer.
set -euo pipefail
target=$(realpath "${1:-.}")
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C TZ=UTC

# An older one than any other, so that 1.0.0-alpha.1 comes before 1.0.0.
version=$(node -p 'require("./package.json").version' | sed 's/-/~/')
architecture=$(dpkg --print-architecture)
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH=$epoch
package=$target/knockd_${version}_$architecture.deb
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
lib=$root/usr/lib/knockd
doc=$root/usr/share/doc/knockd

main() {
  chmod 755 "$root"
  mkdir -p "$lib" "$doc/examples" "$root"/{DEBIAN,etc,usr/bin,usr/lib/systemd/system}
  install_program
  install_config
  install_units
  install_manuals
  install_papers
  write_control
  find "$root" -exec touch --no-dereference --date="@$epoch" {} +
  # gzip's default level and xz's differ between machines with different dpkg: said here.
  dpkg-deb --root-owner-group -Zxz -z6 --build "$root" "$package" >/dev/null
  echo "knockd: $package, $(stat -c %s "$package") bytes, installed $(sed -n 's/^Installed-Size: //p' "$root/DEBIAN/control") KiB"
}

install_program() {
  mkdir "$lib/dist"
  cp -R dist/*.js dist/outline.json dist/chunks dist/commands dist/scripts dist/unit "$lib/dist"
  cp package.json "$lib"
  install -D -m 644 -t "$lib/config" config/knockd.schema.json
  install -D -m 644 systemd/knockd.sysusers "$root/usr/lib/sysusers.d/knockd.conf"
  install -m 755 systemd/knockd-sniffer.sh "$lib"
  ln -s ../lib/knockd/dist/knockd.js "$root/usr/bin/knockd"
  ln -s ../lib/knockd/dist/knock.js "$root/usr/bin/knock"
  # For the Node.js that builds this. With another one, tcpdump alone captures.
  if node -e 'require("cap")' 2>/dev/null; then
    mkdir -p "$lib/node_modules/cap/build/Release"
    cp -R node_modules/cap/{package.json,lib} "$lib/node_modules/cap"
    install -m 644 -t "$lib/node_modules/cap/build/Release" node_modules/cap/build/Release/cap.node
    # What is left of the compiler's run says in which directory that was.
    strip --strip-unneeded --remove-section=.note.gnu.build-id --remove-section=.comment "$lib/node_modules/cap/build/Release/cap.node"
  else
    echo "knockd: without the second sniffer: cap is not built here" >&2
  fi
  bash systemd/koffi.sh "$lib/node_modules"
  # Debian has the licences in one file.
  rm -f "$lib/node_modules/koffi/LICENSE.txt"
  # Whatever the umask of the build.
  find "$lib" -type f ! -name '*.sh' -exec chmod 644 {} +
  find "$lib" -type d -exec chmod 755 {} +
  chmod 755 "$lib"/dist/{knockd,knock,capture}.js
}

# The sample, with its doors shut up: what everybody knows hides nothing and opens nothing.
install_config() {
  install -d -m 750 "$root/etc/knockd"
  sed 's|/usr/local/lib/knockd|/usr/lib/knockd|' config/knockd.yaml >"$doc/examples/knockd.yaml"
  sed -e '/^doors:/,$ { /^ *#/! { /./ s/^/#/ } }' -e '/^#doors:/i # Nothing is hidden as long as there is no door. The # goes away from each line that you want.\ndoors: {}' \
    "$doc/examples/knockd.yaml" >"$root/etc/knockd/knockd.yaml"
  chmod 640 "$root/etc/knockd/knockd.yaml"
  # By this `knockd init` knows that nobody has written there yet.
  install -m 644 -t "$lib/config" "$root/etc/knockd/knockd.yaml"
  local said
  said=$(node dist/knockd.js check -c "$root/etc/knockd/knockd.yaml" 2>&1) || { echo "$said" >&2; exit 1; }
  echo /etc/knockd/knockd.yaml >"$root/DEBIAN/conffiles"
  if [ -e config/knockd.logrotate ]; then
    install -D -m 644 config/knockd.logrotate "$root/etc/logrotate.d/knockd"
    echo /etc/logrotate.d/knockd >>"$root/DEBIAN/conffiles"
  fi
}

install_units() {
  bash systemd/units.sh "$root/usr/lib/systemd/system" /usr
  install -m 644 config/grafana-dashboard.json "$doc/examples"
  install -m 644 systemd/knockd-{root,network,iptables,home,write}.conf "$doc/examples"
}

install_manuals() {
  local page
  for page in dist/man/*.[1-8]; do
    mkdir -p "$root/usr/share/man/man${page##*.}"
    gzip -9n <"$page" >"$root/usr/share/man/man${page##*.}/$(basename "$page").gz"
  done
  bash systemd/completion.sh "$root/usr/share" zsh/vendor-completions
}

install_papers() {
  local beside
  mapfile -t beside < <(cd "$lib/node_modules" 2>/dev/null && ls -d cap koffi @koromix/* 2>/dev/null)
  node debian/copyright.mjs "$doc/copyright" "${beside[@]}"
  node debian/bill.mjs "$doc/sbom.cdx.json" "$epoch" "${beside[@]}"
  gzip -9n "$doc/sbom.cdx.json"
  gzip -9n <CHANGELOG.md >"$doc/NEWS.md.gz"
  gzip -9n <README.md >"$doc/README.md.gz"
  gzip -9n >"$doc/changelog.gz" <<TEXT
knockd ($version) unstable; urgency=medium

  * What is new is in /usr/share/doc/knockd/NEWS.md.gz.

 -- $(sed -n 's/^Maintainer: //p' debian/control.in)  $(date --rfc-email --date="@$epoch")
TEXT
}

write_control() {
  local size native='' script
  # As dpkg-gencontrol counts: du would count what directories take on the file system of the build.
  size=$(find "$root" -path "$root/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '1\n' |
    awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
  [ ! -e "$lib/node_modules" ] || native=', libc6, libstdc++6'
  [ ! -e "$lib/node_modules/koffi" ] || native+=', libgcc-s1'
  [ ! -e "$lib/node_modules/cap" ] || native+=', libpcap0.8t64 | libpcap0.8'
  sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" -e "s/@NATIVE@/$native/" \
    debian/control.in >"$root/DEBIAN/control"
  for script in preinst postinst prerm postrm; do
    sed -e '/^#FUNCTIONS#$/ { r debian/functions.sh' -e 'd }' debian/$script |
      sed -e '/^#DAEMONS#$/ { r systemd/daemons.sh' -e 'd }' -e '/^#RULES#$/ { r systemd/remove-rules.sh' -e 'd }' >"$root/DEBIAN/$script"
    chmod 755 "$root/DEBIAN/$script"
  done
  (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
}

main
