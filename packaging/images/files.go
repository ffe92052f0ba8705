package main

// folders are the usual ones of a Linux system (Filesystem Hierarchy Standard 3.0).
var folders = []struct {
	path string
	mode int64
}{
	{"bin", 0o755}, {"dev", 0o755}, {"etc", 0o755}, {"home", 0o755}, {"lib", 0o755}, {"media", 0o755},
	{"mnt", 0o755}, {"opt", 0o755}, {"proc", 0o555}, {"root", 0o700}, {"run", 0o755}, {"sbin", 0o755},
	{"srv", 0o755}, {"sys", 0o555}, {"tmp", 0o1777}, {"usr", 0o755}, {"usr/bin", 0o755},
	{"usr/lib", 0o755}, {"usr/local", 0o755}, {"usr/local/bin", 0o755}, {"usr/sbin", 0o755}, {"usr/share", 0o755},
	{"var", 0o755}, {"var/cache", 0o755}, {"var/lib", 0o755}, {"var/log", 0o755}, {"var/spool", 0o755},
	{"var/spool/cron", 0o755}, {"var/spool/cron/crontabs", 0o755}, {"var/tmp", 0o1777},
}

// etc is the configuration that programs ask the C library for.
var etc = []struct {
	path, text string
	mode       int64
}{
	{"etc/passwd", `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`, 0o644},
	{"etc/shadow", `root:*:::::::
daemon:*:::::::
bin:*:::::::
sys:*:::::::
mail:*:::::::
www-data:*:::::::
operator:*:::::::
nobody:*:::::::
`, 0o600},
	{"etc/group", `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
lp:x:7:
mail:x:8:
kmem:x:9:
wheel:x:10:root
cdrom:x:11:
dialout:x:18:
floppy:x:19:
video:x:28:
audio:x:29:
tape:x:32:
www-data:x:33:
operator:x:37:
utmp:x:43:
plugdev:x:46:
staff:x:50:
lock:x:54:
netdev:x:82:
users:x:100:
nobody:x:65534:
`, 0o644},
	{"etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n", 0o644},
	// Names from the files and then from DNS: glibc's programs look here.
	{"etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n", 0o644},
	{"etc/shells", "/bin/sh\n/bin/ash\n", 0o644},
	{"etc/profile", `export PATH="${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
export PS1='\h:\w\$ '
umask 022
for script in /etc/profile.d/*.sh; do
	[ -r "$script" ] && . "$script"
done
unset script
`, 0o644},
	// What udhcpc calls with a lease, its variables as udhcpc sets them.
	{"usr/share/udhcpc/default.script", `#!/bin/sh
case $1 in
deconfig)
	ip address flush dev "$interface"
	ip link set "$interface" up
	;;
bound | renew)
	ip address replace "$ip/${mask:-24}" dev "$interface"
	for gateway in $router; do
		ip route replace default via "$gateway" dev "$interface"
		break
	done
	if [ -n "$dns" ]; then
		{
			[ -z "$domain" ] || echo "search $domain"
			for server in $dns; do
				echo "nameserver $server"
			done
		} >/etc/resolv.conf
	fi
	;;
esac
`, 0o755},
}
