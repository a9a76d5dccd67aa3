package call

import (
	"bytes"
	"encoding/json"
)

// Text is a JSON string or number: platforms write ids, sizes and times as either. A
// number keeps its digits; null changes nothing.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return err
	}
	*t = Text(number)
	return nil
}
