#!/bin/sh
# Trước khi gỡ: dừng có trật tự. Khi nâng cấp thì cứ để chạy, postinst khởi động lại.
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	systemctl disable --quiet --now tongdai.service || true
fi
