#!/bin/sh
# Sau khi cài hoặc nâng cấp: người dùng, quyền, dịch vụ.
set -e

[ "$1" = configure ] || exit 0

if ! getent passwd tongdai >/dev/null; then
	adduser --system --group --home /var/lib/tongdai --no-create-home --quiet tongdai
fi
chown tongdai:tongdai /var/lib/tongdai
chmod 0750 /var/lib/tongdai
chgrp tongdai /etc/tongdai /etc/tongdai/tongdai.yaml
if [ ! -e /etc/tongdai/env ]; then
	(umask 077 && echo '# Mật khẩu và mã bí mật, mỗi dòng TÊN=giá-trị; chỉ root đọc.' >/etc/tongdai/env)
fi

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	systemctl enable --quiet tongdai.service
	if [ -z "$2" ]; then
		systemctl start tongdai.service || true
		echo 'Tổng đài đang chạy ở http://127.0.0.1:8022. Mã để tạo quản trị viên đầu tiên: journalctl -u tongdai | grep /setup'
	else
		# Dừng có trật tự rồi chạy bản mới; nền tảng gửi lại những gì đến trong lúc đó.
		systemctl try-restart tongdai.service || true
	fi
fi
