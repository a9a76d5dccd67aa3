package sheet

import (
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// A compound file is a small file system in one file ([MS-CFB]): sectors, a table
// that says which sector follows which, and a directory of streams. The reader that
// exists for Go takes memory by what the header claims, so a damaged file of 6 kB
// takes 17 GB; here nothing is larger than the file, and a chain that runs in
// circles ends with as many sectors as there are.

// compoundSign begins the old formats of Office, and encrypted new ones.
var compoundSign = []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}

var errDamagedCompound = errors.New("damaged compound file")

const (
	compoundHeader = 512
	directoryEntry = 128
	miniSector     = 64
)

// compoundFile is one whose tables have been read.
type compoundFile struct {
	data       []byte
	sector     int      // bytes of a sector
	next       []uint32 // of each sector
	miniBelow  int      // shorter streams lie in sectors of 64 bytes
	miniNext   []uint32
	miniStream []byte
	entries    []compoundEntry
}

type compoundEntry struct {
	name  string
	kind  byte // 2: a stream, 5: the root
	first uint32
	size  uint64
}

func openCompound(data []byte) (*compoundFile, error) {
	if len(data) < compoundHeader {
		return nil, errDamagedCompound
	}
	le := binary.LittleEndian
	shift := le.Uint16(data[30:])
	if shift != 9 && shift != 12 {
		return nil, errDamagedCompound
	}
	f := &compoundFile{data: data, sector: 1 << shift, miniBelow: int(le.Uint32(data[56:]))}
	if err := f.readTable(); err != nil {
		return nil, err
	}
	directory, err := f.chain(le.Uint32(data[48:]))
	if err != nil {
		return nil, err
	}
	f.readDirectory(directory)
	if len(f.entries) == 0 || f.entries[0].kind != 5 {
		return nil, errDamagedCompound
	}
	return f, nil
}

// readTable reads which sector follows which. The table's own sectors are listed in
// the header and, for large files, in a chain of sectors.
func (f *compoundFile) readTable() error {
	le := binary.LittleEndian
	listed := f.data[76:compoundHeader]
	more := le.Uint32(f.data[68:])
	for rounds := 0; ; rounds++ {
		for ; len(listed) >= 4; listed = listed[4:] {
			table, ok := f.at(le.Uint32(listed))
			if !ok {
				continue // a place that is not used
			}
			for ; len(table) >= 4; table = table[4:] {
				f.next = append(f.next, le.Uint32(table))
			}
			if len(f.next)*4 > len(f.data)+f.sector {
				return errDamagedCompound
			}
		}
		sector, ok := f.at(more)
		if !ok || len(sector) < f.sector {
			return nil
		}
		if rounds > len(f.data)/f.sector {
			return errDamagedCompound
		}
		listed, more = sector[:f.sector-4], le.Uint32(sector[f.sector-4:])
	}
}

// at is a sector; the last one of a file may be short.
func (f *compoundFile) at(n uint32) ([]byte, bool) {
	from := compoundHeader + int64(n)*int64(f.sector)
	if f.sector > compoundHeader {
		from = (int64(n) + 1) * int64(f.sector)
	}
	if from >= int64(len(f.data)) {
		return nil, false
	}
	return f.data[from:min(from+int64(f.sector), int64(len(f.data)))], true
}

// Sector numbers from here on are no sectors.
const noSector = 0xFFFFFFFA

// chain joins the sectors that begin with first.
func (f *compoundFile) chain(first uint32) ([]byte, error) {
	var out []byte
	for n := first; n < noSector; n = f.next[n] {
		sector, ok := f.at(n)
		if out = append(out, sector...); !ok || int64(n) >= int64(len(f.next)) || len(out) > len(f.data) {
			return nil, errDamagedCompound
		}
	}
	return out, nil
}

func (f *compoundFile) readDirectory(directory []byte) {
	le := binary.LittleEndian
	for ; len(directory) >= directoryEntry; directory = directory[directoryEntry:] {
		e := compoundEntry{kind: directory[66], first: le.Uint32(directory[116:]), size: le.Uint64(directory[120:])}
		if f.sector == 512 {
			e.size &= 0xFFFFFFFF // the upper half may be anything
		}
		var name []uint16
		for i := 0; i+2 < int(le.Uint16(directory[64:])) && i < 64; i += 2 {
			name = append(name, le.Uint16(directory[i:]))
		}
		e.name = string(utf16.Decode(name))
		f.entries = append(f.entries, e)
	}
}

// stream returns what an entry holds.
func (f *compoundFile) stream(e compoundEntry) ([]byte, error) {
	if e.size > uint64(len(f.data)) {
		return nil, errDamagedCompound
	}
	read := f.chain
	if int(e.size) < f.miniBelow {
		read = f.miniChain
	}
	data, err := read(e.first)
	if err != nil || uint64(len(data)) < e.size {
		return nil, errDamagedCompound
	}
	return data[:e.size], nil
}

// miniChain joins small sectors, which lie in the root's own stream.
func (f *compoundFile) miniChain(first uint32) (out []byte, err error) {
	if f.miniStream == nil {
		if f.miniStream, err = f.chain(f.entries[0].first); err != nil {
			return nil, err
		}
		table, err := f.chain(binary.LittleEndian.Uint32(f.data[60:]))
		if err != nil {
			return nil, err
		}
		for ; len(table) >= 4; table = table[4:] {
			f.miniNext = append(f.miniNext, binary.LittleEndian.Uint32(table))
		}
	}
	for n := first; n < noSector; n = f.miniNext[n] {
		from := int64(n) * miniSector
		if from+miniSector > int64(len(f.miniStream)) || int64(n) >= int64(len(f.miniNext)) || len(out) > len(f.miniStream) {
			return nil, errDamagedCompound
		}
		out = append(out, f.miniStream[from:from+miniSector]...)
	}
	return out, nil
}
