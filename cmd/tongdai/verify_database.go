package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tongdai/configs"
	"tongdai/connectors/content"
	"tongdai/inbox"
	"tongdai/inbox/store/record"
	"tongdai/inbox/store/transfer"
	"tongdai/kb"
)

// verifyDatabase reads what PostgreSQL keeps, while no node works on it. Its
// pages are PostgreSQL's to check; whether it does is told.
func verifyDatabase(ctx context.Context, cfg configs.Config, tell func(done, total int64)) (*verification, error) {
	place, err := configuredPlace(cfg)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	source, err := place.source(ctx)
	if err != nil {
		return nil, moveTrouble(err, "kho "+place.shown)
	}
	v := &verification{Store: place.shown, Sound: true}
	r := &rowReader{v: v, tell: tell, files: make(carriers), there: map[transfer.Kind]map[string]struct{}{}}
	err = errors.Join(r.all(ctx, source), source.Close())
	if err == nil {
		err = v.verifyFiles(ctx, cfg, r.files)
	}
	if err != nil {
		return nil, moveTrouble(err, "kho "+place.shown)
	}
	v.Notes = append(v.Notes, pageChecksums(ctx, cfg))
	v.Seconds = time.Since(begun).Seconds()
	return v, nil
}

// pageChecksums says whether the server checks its pages.
func pageChecksums(ctx context.Context, cfg configs.Config) string {
	url := string(cfg.Store.Postgres.URL)
	if cfg.Store.Postgres.ListenURL != "" {
		url = string(cfg.Store.Postgres.ListenURL)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "không hỏi được PostgreSQL có bật data_checksums hay không."
	}
	defer conn.Close(ctx) // nothing was written
	var on string
	if err := conn.QueryRow(ctx, "SHOW data_checksums").Scan(&on); err != nil {
		return "không hỏi được PostgreSQL có bật data_checksums hay không."
	}
	if on == "on" {
		return "PostgreSQL đang tự kiểm tra trang dữ liệu (data_checksums = on); kiểm tra cả tệp bằng pg_amcheck."
	}
	return "PostgreSQL KHÔNG kiểm tra trang dữ liệu (data_checksums = off): hãy dừng máy chủ cơ sở dữ liệu, chạy pg_checksums --enable, rồi khởi động lại."
}

// rowReader reads every row of a store, whichever it is.
type rowReader struct {
	v     *verification
	tell  func(done, total int64)
	files carriers
	there map[transfer.Kind]map[string]struct{} // ids that others refer to
}

// verifiedKinds are read in this order: what is referred to comes first.
var verifiedKinds = []transfer.Kind{
	transfer.Contacts, transfer.Identities, transfer.Conversations, transfer.Raws, transfer.Messages, transfer.Turns,
	transfer.Quarantine, transfer.Remembered, transfer.Members, transfer.Sessions, transfer.Secrets, transfer.Entries,
	transfer.Imports, transfer.Papers, transfer.Audits, transfer.Events, transfer.Tasks,
}

func (r *rowReader) all(ctx context.Context, source transfer.Source) error {
	for _, kind := range verifiedKinds {
		for it, err := range source.Items(ctx, kind, nil) {
			if err != nil && !errors.Is(err, inbox.ErrDamaged) {
				return err
			}
			r.v.Records++
			r.v.Bytes += int64(len(it.Key) + len(it.Value))
			r.tell(r.v.Bytes, 0)
			if err == nil {
				err = r.row(kind, it)
			}
			if err != nil {
				r.v.find(string(kind), fmt.Sprintf("%x", it.Key), rowInWords(kind, it.Key)+": nội dung không khớp tổng kiểm, tức là đã bị hỏng")
			}
		}
	}
	return nil
}

// rowInWords is what people call a row, as far as its key alone tells it.
func rowInWords(kind transfer.Kind, key []byte) string {
	switch of, n, ok := transfer.Split(key); {
	case kind == transfer.Messages && ok:
		return fmt.Sprintf("tin nhắn số %d của cuộc hội thoại có định danh %s", n, of)
	case kind == transfer.Entries && ok:
		return fmt.Sprintf("mục hỏi đáp %s (bản %d)", of, n)
	case kind == transfer.Audits && ok:
		return fmt.Sprintf("nhật ký số %d", n)
	case kind == transfer.Events && ok:
		return fmt.Sprintf("sự kiện số %d", n)
	}
	return fmt.Sprintf("%s, khóa %x", kindNames[kind], key)
}

func (r *rowReader) row(kind transfer.Kind, it transfer.Item) error {
	switch kind {
	case transfer.Contacts, transfer.Raws:
		r.keep(kind, string(it.Key))
	case transfer.Conversations:
		c, err := record.Conversations.Decode(it.Value)
		r.keep(kind, string(it.Key))
		if err == nil && c.Contact != "" {
			r.refers(transfer.Contacts, string(c.Contact), "cuộc hội thoại "+c.Code, "thông tin người dân")
		}
		return err
	case transfer.Messages:
		m, err := record.Messages.Decode(it.Value)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("tin nhắn số %d của cuộc hội thoại %s", m.Seq, m.Conversation)
		r.refers(transfer.Conversations, string(m.Conversation), what, "cuộc hội thoại")
		if m.Raw != "" {
			r.refers(transfer.Raws, string(m.Raw), what, "bản gốc của tin đến")
		}
		r.attached(m.Content.Attachments, what)
		return nil
	case transfer.Entries:
		e, err := record.Entries.Decode(it.Value)
		r.attachedToEntry(e)
		return err
	}
	_, err := record.Unseal(it.Value)
	return err
}

func (r *rowReader) keep(kind transfer.Kind, id string) {
	if r.there[kind] == nil {
		r.there[kind] = make(map[string]struct{})
	}
	r.there[kind][id] = struct{}{}
}

func (r *rowReader) refers(kind transfer.Kind, id, from, what string) {
	if _, known := r.there[kind][id]; !known {
		r.v.find(string(kind), fmt.Sprintf("%x", id), from+": thiếu "+what)
	}
}

func (r *rowReader) attached(all []content.Attachment, to string) {
	for _, a := range all {
		if a.ID != "" {
			r.files.add(a.ID, to)
		}
	}
}

func (r *rowReader) attachedToEntry(e kb.Entry) {
	for _, f := range e.Files {
		r.files.add(f.ID, "mục hỏi đáp "+string(e.ID))
	}
}
