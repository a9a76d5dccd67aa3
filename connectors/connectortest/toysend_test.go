package connectortest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tongdai/connectors"
	"tongdai/connectors/content"
)

// outgoing is a message as the toy platform takes it.
type outgoing struct {
	To      string   `json:"to"`
	Text    string   `json:"text"`
	Buttons []button `json:"buttons,omitempty"`
	Quote   string   `json:"quote,omitempty"`
	File    string   `json:"file,omitempty"`
}

type button struct {
	Label   string `json:"label"`
	Payload string `json:"payload"`
}

// Send implements connectors.Connector.
func (c *toy) Send(ctx context.Context, out connectors.Outbound) (connectors.Receipt, error) {
	if err := ctx.Err(); err != nil && !c.is("sends for those who left") {
		return connectors.Receipt{}, err
	}
	if c.is("sends for those who left") {
		ctx = context.WithoutCancel(ctx)
	}
	if c.is("sends no words twice") && toySeen.again(out.Content.Text+c.platform) {
		return connectors.Receipt{Message: "again", At: time.Now()}, nil
	}
	messages, err := c.render(out)
	if err != nil {
		return connectors.Receipt{}, err
	}
	receipt := connectors.Receipt{At: time.Now()}
	for i, m := range messages {
		id, err := c.hand(ctx, m)
		if err != nil {
			return receipt, err
		}
		if i == 0 {
			receipt.Message = id
		} else if !c.is("names one part only") {
			receipt.More = append(receipt.More, id)
		}
	}
	return receipt, nil
}

// render makes the platform's messages of out.
func (c *toy) render(out connectors.Outbound) ([]outgoing, error) {
	said := out.Content
	var buttons []button
	fit := len(said.Choices) <= toyButtons || c.is("drops the last choices")
	for _, choice := range said.Choices {
		fit = fit && (len([]rune(choice.Label)) <= toyLabel || c.is("cuts labels"))
	}
	for i, choice := range said.Choices {
		if fit && i < toyButtons {
			label := []rune(choice.Label)
			buttons = append(buttons, button{string(label[:min(len(label), toyLabel)]), choice.Value})
			if c.is("numbers the buttons") {
				buttons[i].Payload = strconv.Itoa(i + 1)
			}
		}
	}
	if fit {
		said.Choices = nil
	}
	if c.is("drops links") {
		said.Links = nil
	}
	if c.is("drops choices that do not fit") {
		said.Choices = nil
	}
	said.Attachments = nil
	text := content.Plain(said)
	pieces := content.Split(text, toyText)
	if c.is("cuts words") {
		pieces = nil
		for rest := []rune(text); len(rest) > 0; rest = rest[min(len(rest), toyText):] {
			pieces = append(pieces, string(rest[:min(len(rest), toyText)]))
		}
	}
	if c.is("cuts texts") && len(pieces) > 1 {
		pieces = pieces[:1]
	}
	if c.is("sends parts backwards") {
		slices.Reverse(pieces)
	}
	if c.is("sends too long texts") {
		pieces = []string{text}
	}
	var messages []outgoing
	for _, piece := range pieces {
		messages = append(messages, outgoing{To: string(out.To), Text: piece})
	}
	for _, a := range out.Content.Attachments {
		if !c.Limits().Takes(a.Type, a.Size) {
			if c.is("drops files") {
				continue
			}
			return nil, &connectors.Error{Kind: connectors.Permanent, Reason: "Kênh này không nhận loại tệp đó.", Err: errors.New("toy: file")}
		}
		messages = append(messages, outgoing{To: string(out.To), File: a.Name})
	}
	if len(messages) == 0 {
		if c.is("sends nothing as something") {
			return []outgoing{{To: string(out.To), Text: "…"}}, nil
		}
		return nil, &connectors.Error{Kind: connectors.Permanent, Reason: "Tin không có nội dung.", Err: errors.New("toy: empty")}
	}
	messages[len(messages)-1].Buttons = buttons
	if !c.is("does not quote") {
		messages[0].Quote = string(out.Quotes)
	}
	return messages, nil
}

// hand gives the platform one message.
func (c *toy) hand(ctx context.Context, m outgoing) (connectors.RemoteID, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.platform+"/send", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Token", c.token)
	resp, err := c.client.Do(req)
	if err != nil {
		return "", c.unanswered(err)
	}
	defer resp.Body.Close()
	most := int64(1 << 20)
	if c.is("reads any answer") {
		most = 1 << 40
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return "", c.unanswered(err)
	}
	return c.read(resp, answer)
}

// unanswered is a call without an answer. Only where nobody was reached does
// the platform surely not have the message.
func (c *toy) unanswered(err error) error {
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" && !c.is("doubts what never left") || c.is("never doubts") {
		return &connectors.Error{Kind: connectors.Retryable, Err: err}
	}
	return &connectors.Error{Kind: connectors.Uncertain, Err: err}
}

func (c *toy) read(resp *http.Response, answer []byte) (connectors.RemoteID, error) {
	fail := func(kind connectors.Kind, cause error) (connectors.RemoteID, error) {
		if c.is("tells its token") {
			cause = fmt.Errorf("%w with %s", cause, c.token)
		}
		reason := toyReason
		if c.is("has no words for people") {
			reason = ""
		}
		return "", &connectors.Error{Kind: kind, Reason: reason, Err: cause}
	}
	var result struct {
		Error string `json:"error"`
		ID    string `json:"id"`
		Wait  int    `json:"wait"` // seconds
	}
	parsed := json.Unmarshal(answer, &result)
	status := fmt.Errorf("the platform answers %d %s", resp.StatusCode, result.Error)
	if c.is("believes every 200") && resp.StatusCode == 200 {
		return connectors.RemoteID(result.ID), nil
	}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		after, _ := time.ParseDuration(resp.Header.Get("Retry-After") + "s")
		if c.is("comes again at once") {
			after = 0
		}
		if c.is("gives up when it is too fast") {
			return fail(connectors.Permanent, status)
		}
		return "", &connectors.Error{Kind: connectors.RateLimited, After: after, Err: status}
	case code == http.StatusUnauthorized:
		return fail(connectors.Unauthorized, status)
	case code >= 500 && c.is("gives up when the platform is down"):
		return fail(connectors.Permanent, status)
	case code >= 500, code == http.StatusRequestTimeout:
		return fail(connectors.Retryable, status)
	case code >= 300:
		return fail(connectors.Permanent, status)
	case parsed != nil:
		if c.is("never doubts") {
			return fail(connectors.Retryable, parsed)
		}
		return fail(connectors.Uncertain, parsed)
	}
	switch result.Error {
	case "":
		return connectors.RemoteID(result.ID), nil
	case "window":
		if c.is("does not know of windows") {
			return fail(connectors.Retryable, status)
		}
		return fail(connectors.WindowClosed, status)
	case "token":
		return fail(connectors.Unauthorized, status)
	case "rate":
		return "", &connectors.Error{Kind: connectors.RateLimited, After: time.Duration(result.Wait) * time.Second, Err: status}
	case "busy":
		return fail(connectors.Retryable, status)
	}
	return fail(connectors.Permanent, status)
}
