package mattermost

import (
	"strconv"
	"strings"

	"github.com/mattermost/mattermost-server/v6/model"

	"tongdai/connectors"
)

// The colours of a card's edge.
const (
	alarmColour   = "#c62828" // urgent, and nobody has heard of it
	urgentColour  = "#ef6c00"
	usualColour   = "#1565c0"
	adviceColour  = "#6a1b9a" // asked beside the one in charge
	goneColour    = "#9e9e9e" // another's now, or closed
	askedMost     = 4000      // characters of what was asked that a card shows
	triedMost     = 5
	triedLineMost = 300
)

// card is the first post of a thread: the matter as it is now.
func (b *Bridge) card(m connectors.Matter, thread string) *model.SlackAttachment {
	a := &model.SlackAttachment{
		Color: colour(m), Title: title(m), TitleLink: m.Link, Text: cardText(m), Fields: fields(m),
		Fallback: title(m), Footer: b.footer(m),
	}
	if b.cfg.Hook != "" && thread != "" {
		a.Actions = b.buttons(m, thread)
	}
	return a
}

func colour(m connectors.Matter) string {
	switch {
	case m.Standing == connectors.Elsewhere || m.Standing == connectors.Closed:
		return goneColour
	case m.Alarm:
		return alarmColour
	case m.Urgent:
		return urgentColour
	case m.Standing == connectors.Contributing:
		return adviceColour
	}
	return usualColour
}

func title(m connectors.Matter) string {
	switch {
	case m.Standing == connectors.Closed:
		return m.Code + " – đã đóng"
	case m.Standing == connectors.Elsewhere:
		return m.Code + " – đã chuyển nơi khác"
	case m.Urgent:
		return "KHẨN – " + m.Code
	case m.Standing == connectors.Contributing:
		return m.Code + " – nhờ góp ý"
	}
	return m.Code
}

func cardText(m connectors.Matter) string {
	var parts []string
	if m.Asked != "" {
		parts = append(parts, quoted(clip(m.Asked, askedMost)))
	}
	if len(m.Tried) > 0 {
		lines := []string{"**Tổng đài đã thử:**"}
		for i, entry := range m.Tried {
			if i == triedMost {
				lines = append(lines, "- và "+strconv.Itoa(len(m.Tried)-triedMost)+" mục khác")
				break
			}
			lines = append(lines, "- "+strings.ReplaceAll(literal(clip(entry, triedLineMost)), "\n", " "))
		}
		parts = append(parts, strings.Join(lines, "\n"))
	}
	return strings.Join(parts, "\n\n")
}

func fields(m connectors.Matter) []*model.SlackAttachmentField {
	var all []*model.SlackAttachmentField
	add := func(name, value string) {
		if value != "" {
			all = append(all, &model.SlackAttachmentField{Title: name, Value: value, Short: true})
		}
	}
	add("Người dân", literal(m.Person))
	add("Kênh", literal(m.Channel))
	add("Lĩnh vực", literal(m.Field))
	add("Địa bàn", literal(m.Place))
	add("Hạn trả lời", due(m))
	holder := literal(m.Holder)
	if holder == "" && m.Standing == connectors.InCharge {
		holder = "chưa có ai nhận"
	}
	add("Người nhận", holder)
	return all
}

func due(m connectors.Matter) string {
	if m.Due.IsZero() {
		return ""
	}
	if m.Promised {
		return clock(m.Due) + " (đã hẹn với người dân)"
	}
	return clock(m.Due)
}

// footer says how one answers here.
func (b *Bridge) footer(m connectors.Matter) string {
	switch m.Standing {
	case connectors.InCharge:
		return "Trả lời trong luồng này: lời bắt đầu bằng " + b.cfg.Prefix + " được gửi cho người dân; lời khác chỉ đồng nghiệp thấy."
	case connectors.Contributing:
		return "Lời viết trong luồng này là ghi chú cho đồng nghiệp, không gửi cho người dân."
	}
	return ""
}

// op is what a button or a dialog is for.
type op string

const (
	opTake    op = "take"
	opSpeak   op = "reply"
	opVow     op = "promise"
	opGiveUp  op = "return"
	opConfirm op = "confirm"
	opRemark  op = "note"
	opInsert  op = "insert" // an answer that the slash command found, into the thread
)

// buttons are those that the standing of the place allows.
func (b *Bridge) buttons(m connectors.Matter, thread string) []*model.PostAction {
	until := b.now().Add(b.cfg.ButtonLife)
	button := func(do op, name, style string) *model.PostAction {
		return &model.PostAction{
			Id: string(do), Type: model.PostActionTypeButton, Name: name, Style: style,
			Integration: &model.PostActionIntegration{URL: b.cfg.Hook + "/button", Context: b.press(pressed{Op: do, Thread: thread}, until)},
		}
	}
	switch m.Standing {
	case connectors.Contributing:
		return []*model.PostAction{button(opRemark, "Ghi chú", "default")}
	case connectors.InCharge:
	default:
		return nil
	}
	var all []*model.PostAction
	if m.Alarm {
		all = append(all, button(opConfirm, "Khẩn – đã nhận", "danger"))
	}
	if m.Holder == "" {
		all = append(all, button(opTake, "Nhận", "primary"))
	}
	return append(all,
		button(opSpeak, "Trả lời", "default"),
		button(opVow, "Hẹn", "default"),
		button(opGiveUp, "Chuyển lại", "default"))
}
