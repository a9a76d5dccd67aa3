package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
)

// pages reads the pages of a bbolt file of format 2 by itself, without mapping
// them: whatever is wrong with them becomes words instead of a fault. It needs
// nobody to be writing to the file.
//
// A page is a head of 16 bytes and what it holds; overflow tells how many pages
// follow that belong to it. Two metas stand at the beginning, the one with the
// greater transaction counts. They lead to the list of free pages and to the
// root, a tree of branches and leaves whose elements are keys and values, or
// buckets, each with a tree of its own or, when small, with its leaf inside.
type pages struct {
	file   *os.File
	size   int64 // of a page, in bytes
	meta   fileMeta
	used   map[uint64]string // page → whose it is
	told   []string
	leaks  bool          // pages that belong to nothing are told as well: they are room lost, not damage
	bare   bool          // leaves are not read, but one below each branch above them
	lowest bool          // the page read last was a leaf
	each   func(element) // is shown what leaves hold; may be nil
	read   func(n int64) // is told of bytes that were read; may be nil
}

type fileMeta struct {
	pageSize             uint32
	root, free, high, tx uint64
}

// element is what stands in a leaf: a record, or a row of an index.
type element struct {
	bucket string // in which it lies
	key    []byte
	value  []byte
	offset int64 // in the file, of key; the value follows
}

const (
	pageHead    = 16
	elementHead = 16
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSize    = 64 // without the head of its page, with its checksum

	branchPage = 0x01
	leafPage   = 0x02
	metaPage   = 0x04
	freePage   = 0x10

	bucketElement = 0x01 // flag of a leaf's element
	noFreelist    = ^uint64(0)
)

// wholeFile reports whether a file has all its pages. One that does not exist
// is as good as whole.
func wholeFile(path string) error {
	p, err := readPages(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.close()
}

// readPages opens a file and finds the meta that counts.
func readPages(path string) (*pages, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p := &pages{file: file, used: make(map[uint64]string)}
	if err := p.readMetas(); err != nil {
		_ = p.close() // nothing was written
		return nil, err
	}
	return p, nil
}

func (p *pages) close() error { return p.file.Close() }

func (p *pages) readMetas() error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	found := false
	// The second meta stands on the second page, whose place depends on the size
	// that either tells. Without the first, the sizes that machines have are tried.
	for _, at := range []int64{0, 4096, 16384, 65536, 1024, 2048, 8192, 32768} {
		m, ok := p.metaAt(at)
		if ok && (at == 0 || int64(m.pageSize) == at) && (!found || m.tx > p.meta.tx) {
			p.meta, found = m, true
			p.size = int64(m.pageSize)
		}
	}
	if !found {
		return broken("không đọc được hai trang đầu: tệp không phải kho, hoặc phần đầu tệp đã bị ghi đè")
	}
	if whole := int64(p.meta.high) * p.size; info.Size() < whole {
		return broken("tệp bị cắt cụt: cần %d byte, chỉ còn %d", whole, info.Size())
	}
	return nil
}

func (p *pages) metaAt(offset int64) (m fileMeta, ok bool) {
	b := make([]byte, pageHead+metaSize)
	if _, err := p.file.ReadAt(b, offset); err != nil {
		return m, false
	}
	b = b[pageHead:]
	sum := fnv.New64a()
	_, _ = sum.Write(b[:metaSize-8]) // a hash takes everything
	native := binary.NativeEndian    // as bbolt writes
	m = fileMeta{
		pageSize: native.Uint32(b[8:]), root: native.Uint64(b[16:]), free: native.Uint64(b[32:]),
		high: native.Uint64(b[40:]), tx: native.Uint64(b[48:]),
	}
	return m, native.Uint32(b) == metaMagic && native.Uint32(b[4:]) == metaVersion &&
		native.Uint64(b[56:]) == sum.Sum64() && m.pageSize >= 512 && m.pageSize&(m.pageSize-1) == 0
}

func (p *pages) tell(format string, args ...any) {
	const enough = 1000
	if len(p.told) < enough {
		p.told = append(p.told, fmt.Sprintf(format, args...))
	}
}

// check walks through all pages and returns what is wrong with them. each is
// shown the elements of the leaves, where it is not nil. The error is one of
// reading the file, or of ctx.
func (p *pages) check(ctx context.Context, each func(element)) ([]string, error) {
	p.each = each
	p.used[0], p.used[1] = "meta", "meta"
	free, err := p.freePages()
	if err != nil {
		return p.told, err
	}
	if err := p.tree(ctx, p.meta.root, "", nil, nil, 0); err != nil {
		return p.told, err
	}
	for _, id := range free {
		if of, taken := p.used[id]; taken {
			p.tell("trang %d vừa được ghi là trống vừa thuộc %s", id, of)
		}
		p.used[id] = "các trang trống"
	}
	for id := range p.meta.high {
		if p.bare || !p.leaks {
			break // leaves that were not read are not known
		}
		if _, known := p.used[id]; !known {
			p.tell("trang %d không thuộc phần nào và cũng không được ghi là trống", id)
		}
	}
	return p.told, nil
}

// page reads a page with those that belong to it; nil when it is no page of the
// kinds wanted. of tells whose it is.
func (p *pages) page(id uint64, of string, kinds uint16) ([]byte, error) {
	if id < 2 || id >= p.meta.high {
		p.tell("%s dẫn tới trang %d, ngoài phạm vi %d trang", of, id, p.meta.high)
		return nil, nil
	}
	head := make([]byte, pageHead)
	if _, err := p.file.ReadAt(head, int64(id)*p.size); err != nil {
		return nil, err
	}
	native := binary.NativeEndian
	flags, overflow := native.Uint16(head[8:]), uint64(native.Uint32(head[12:]))
	switch {
	case native.Uint64(head) != id:
		p.tell("trang %d (của %s) mang số %d", id, of, native.Uint64(head))
		return nil, nil
	case flags&kinds == 0 || flags&(flags-1) != 0:
		p.tell("trang %d (của %s) thuộc loại %#x không đúng", id, of, flags)
		return nil, nil
	case id+overflow >= p.meta.high:
		p.tell("trang %d (của %s) kéo dài ra ngoài tệp", id, of)
		return nil, nil
	}
	for i := id; i <= id+overflow; i++ {
		if by, taken := p.used[i]; taken {
			p.tell("trang %d được dùng hai lần: %s và %s", i, by, of)
			return nil, nil
		}
		p.used[i] = of
	}
	whole := make([]byte, int64(overflow+1)*p.size)
	if _, err := p.file.ReadAt(whole, int64(id)*p.size); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if p.read != nil {
		p.read(int64(len(whole)))
	}
	return whole, nil
}

func (p *pages) freePages() ([]uint64, error) {
	if p.meta.free == noFreelist {
		return nil, nil
	}
	page, err := p.page(p.meta.free, "danh sách trang trống", freePage)
	if page == nil || err != nil {
		return nil, err
	}
	native := binary.NativeEndian
	n, at := uint64(native.Uint16(page[10:])), pageHead
	if n == 0xFFFF {
		n, at = native.Uint64(page[at:]), at+8
	}
	if n > uint64(len(page)-at)/8 {
		p.tell("danh sách trang trống dài hơn trang chứa nó")
		return nil, nil
	}
	free := make([]uint64, n)
	for i := range free {
		if free[i] = native.Uint64(page[at+8*i:]); free[i] >= p.meta.high {
			p.tell("danh sách trang trống có trang %d, ngoài phạm vi %d trang", free[i], p.meta.high)
		}
	}
	return free, nil
}

// deepest bounds the ways down a damaged tree.
const deepest = 64

// tree walks down from a page. Its keys are between from and until, where those
// are not nil.
func (p *pages) tree(ctx context.Context, id uint64, bucket string, from, until []byte, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	of := "bảng " + bucket
	if bucket == "" {
		of = "danh sách các bảng"
	}
	if depth > deepest {
		p.tell("%s sâu quá %d tầng", of, deepest)
		return nil
	}
	page, err := p.page(id, of, branchPage|leafPage)
	if page == nil || err != nil {
		return err
	}
	if p.lowest = binary.NativeEndian.Uint16(page[8:]) == leafPage; p.lowest {
		return p.leaf(ctx, page, int64(id)*p.size, bucket, from, until, depth)
	}
	return p.branch(ctx, page, id, bucket, from, until, depth)
}

func (p *pages) branch(ctx context.Context, page []byte, id uint64, bucket string, from, until []byte, depth int) error {
	native := binary.NativeEndian
	n := int(native.Uint16(page[10:]))
	if n == 0 || pageHead+n*elementHead > len(page) {
		p.tell("trang %d của bảng %s ghi %d nhánh, không đúng", id, bucket, n)
		return nil
	}
	keys, children := make([][]byte, n), make([]uint64, n)
	for i := range n {
		at := pageHead + i*elementHead
		keys[i] = within(page, uint64(at)+uint64(native.Uint32(page[at:])), uint64(native.Uint32(page[at+4:])))
		children[i] = native.Uint64(page[at+8:])
		if keys[i] == nil {
			p.tell("trang %d của bảng %s: khóa thứ %d nằm ngoài trang", id, bucket, i)
			return nil
		}
	}
	if !p.ordered(keys, from, until, id, bucket) {
		return nil
	}
	for i, child := range children {
		if p.bare && i > 0 && p.lowest {
			break
		}
		last := until
		if i+1 < n {
			last = keys[i+1]
		}
		if err := p.tree(ctx, child, bucket, keys[i], last, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// leaf reads a leaf that stands at offset in the file.
func (p *pages) leaf(ctx context.Context, page []byte, offset int64, bucket string, from, until []byte, depth int) error {
	native := binary.NativeEndian
	n, id := int(native.Uint16(page[10:])), uint64(offset/p.size)
	if pageHead+n*elementHead > len(page) {
		p.tell("trang %d của bảng %s ghi %d bản ghi, không đúng", id, bucket, n)
		return nil
	}
	keys := make([][]byte, n)
	for i := range n {
		at := pageHead + i*elementHead
		begins, long := uint64(at)+uint64(native.Uint32(page[at+4:])), uint64(native.Uint32(page[at+8:]))
		key := within(page, begins, long)
		value := within(page, begins+long, uint64(native.Uint32(page[at+12:])))
		if key == nil || value == nil {
			p.tell("trang %d của bảng %s: bản ghi thứ %d nằm ngoài trang", id, bucket, i)
			return nil
		}
		keys[i] = key
		switch flags := native.Uint32(page[at:]); {
		case flags == bucketElement && depth <= deepest:
			if err := p.bucket(ctx, string(key), value, offset+int64(begins+long), depth); err != nil {
				return err
			}
		case flags != 0:
			p.tell("trang %d của bảng %s: bản ghi thứ %d có cờ %#x không đúng", id, bucket, i, flags)
		case p.each != nil:
			p.each(element{bucket: bucket, key: key, value: value, offset: offset + int64(begins)})
		}
	}
	p.ordered(keys, from, until, id, bucket)
	return nil
}

// bucket walks through a bucket, which is within value when it is small.
func (p *pages) bucket(ctx context.Context, name string, value []byte, offset int64, depth int) error {
	const head = 16
	if len(value) < head {
		p.tell("bảng %s không có phần đầu", name)
		return nil
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		return p.tree(ctx, root, name, nil, nil, depth+1)
	}
	inside := value[head:]
	if len(inside) < pageHead || binary.NativeEndian.Uint16(inside[8:]) != leafPage {
		p.tell("bảng nhỏ %s không đọc được", name)
		return nil
	}
	return p.leaf(ctx, inside, offset+head, name, nil, nil, depth+1)
}

// ordered tells of keys that do not stand in order, or beyond those around them.
func (p *pages) ordered(keys [][]byte, from, until []byte, id uint64, bucket string) bool {
	for i, key := range keys {
		wrong := i > 0 && bytes.Compare(keys[i-1], key) >= 0 ||
			from != nil && bytes.Compare(key, from) < 0 || until != nil && bytes.Compare(key, until) >= 0
		if wrong {
			p.tell("trang %d của bảng %s: khóa thứ %d không đúng thứ tự", id, bucket, i)
			return false
		}
	}
	return true
}

// within is a part of a page; nil when it is not all there.
func within(page []byte, at, size uint64) []byte {
	if at > uint64(len(page)) || size > uint64(len(page))-at {
		return nil
	}
	return page[at : at+size : at+size]
}
