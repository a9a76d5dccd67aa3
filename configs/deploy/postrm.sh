#!/bin/sh
# Sau khi gỡ. Dữ liệu của người dân ở /var/lib/tongdai không bao giờ bị xóa, kể cả khi purge.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
if [ "$1" = purge ]; then
	rm -f /etc/tongdai/env
	rmdir --ignore-fail-on-non-empty /etc/tongdai 2>/dev/null || true
	if [ -d /var/lib/tongdai ]; then
		echo 'Dữ liệu vẫn còn ở /var/lib/tongdai; tự xóa khi chắc chắn không cần nữa.'
	fi
fi
