package configs

import (
	"fmt"
	"strings"
)

// expandEnv replaces ${NAME} by the environment variable NAME and $$ by one $.
// A variable that is not set or empty is an error, never an empty value: an
// empty password in a running hub is worse than a hub that does not start. Any
// other $ stands for itself.
func expandEnv(text string, getenv func(string) string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			text = rest[1:]
		case strings.HasPrefix(rest, "{"):
			name, after, closed := strings.Cut(rest[1:], "}")
			if !closed || name == "" {
				return "", fmt.Errorf("${…} viết dở; viết ${TÊN_BIẾN}, hoặc $$ nếu muốn dấu $")
			}
			value := getenv(name)
			if value == "" {
				return "", fmt.Errorf("biến môi trường %s chưa được đặt hoặc đang rỗng", name)
			}
			b.WriteString(value)
			text = after
		default:
			b.WriteByte('$')
			text = rest
		}
	}
}
