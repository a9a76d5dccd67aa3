package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// open reads a file by what is inside it. Its error is a refusal, or one that only
// tells that the file is damaged.
func open(data []byte, name string) (*book, error) {
	switch {
	case len(data) > MaxBytes:
		return nil, refusal(fmt.Sprintf("lớn hơn %d MB; xin chia thành nhiều tệp.", MaxBytes>>20))
	case len(data) == 0:
		return nil, refusal("rỗng (0 byte); xin mở lại tệp gốc, lưu rồi gửi lại.")
	case bytes.HasPrefix(data, []byte("PK")):
		return openZip(data)
	case bytes.HasPrefix(data, compoundSign):
		return openXLS(data)
	case bytes.HasPrefix(data, []byte("%PDF")):
		return nil, otherKind("PDF")
	}
	return openText(data, name)
}

// otherKind refuses what was given the name of a table, and is none.
func otherKind(kind string) refusal {
	return refusal(fmt.Sprintf("thật ra là tệp %s, không phải bảng tính; xin chép bảng sang Excel và lưu dạng .xlsx.", kind))
}

// openZip tells workbooks from the other things that are zip archives.
func openZip(data []byte) (*book, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var unzipped uint64
	workbook := false
	for _, part := range archive.File {
		switch {
		case strings.EqualFold(part.Name, "word/document.xml"):
			return nil, otherKind("Word")
		case strings.EqualFold(part.Name, "ppt/presentation.xml"):
			return nil, otherKind("PowerPoint")
		case strings.EqualFold(part.Name, "xl/workbook.bin"):
			return nil, refusal("ở dạng .xlsb; xin mở bằng Excel và lưu lại dạng .xlsx.")
		case part.Name == "content.xml":
			return nil, refusal("ở dạng OpenDocument; xin mở bằng chương trình bảng tính và lưu lại dạng .xlsx.")
		case strings.EqualFold(part.Name, "xl/workbook.xml"):
			workbook = true
		}
		if unzipped += part.UncompressedSize64; unzipped > maxUnzipped || part.UncompressedSize64 > maxUnzipped {
			return nil, refusal(fmt.Sprintf("khi giải nén lớn hơn %d MB; xin xóa hình ảnh và dòng thừa, hoặc chia thành nhiều tệp.", maxUnzipped>>20))
		}
	}
	if !workbook {
		return nil, refusal("là tệp nén, không phải bảng tính; xin giải nén và gửi từng tệp Excel bên trong.")
	}
	return openXLSX(data)
}

// openText reads a text table, and refuses what other programs save under the
// names of tables.
func openText(data []byte, name string) (*book, error) {
	start := strings.ToLower(string(data[:min(len(data), 1024)]))
	if strings.Contains(start, "<html") || strings.Contains(start, "<table") || strings.Contains(start, "<!doctype") {
		return nil, otherKind("trang web (HTML)")
	}
	if strings.Contains(start, "<?mso-application") || strings.Contains(start, "<workbook") {
		return nil, refusal("là bảng tính dạng XML; xin mở bằng Excel và lưu lại dạng .xlsx.")
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv", ".txt":
		return openCSV(data, name)
	}
	if utf8.Valid(data) && !bytes.ContainsRune(data, 0) {
		return nil, refusal("là tệp chữ, không phải tệp Excel; xin đổi đuôi tệp thành .csv, hoặc mở bằng Excel và lưu lại dạng .xlsx.")
	}
	return nil, fmt.Errorf("unknown kind of file")
}
