-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a policy may name, for the Lua language server; made by policy/reference/generate.py.
-- Use: "workspace.library": ["/usr/share/gatehouse/policy/reference"] in .luarc.json beside the policy.
---@meta

---@alias gh.level "none"|"restricted"|"confidential"|"mat"|"secret"|"toi_mat"|"top_secret"|"tuyet_mat"
---@alias gh.action "allow"|"log"|"alert"|"quarantine"|"block"
---@alias gh.event_type "flow"|"fileinfo"|"http"|"smtp"|"dns"|"tls"|"alert"|"anomaly"|"stats"|"drop"|"ftp"|"ftp_data"|"smb"|"nfs"|"ssh"|"tftp"|"quic"|"dhcp"|"krb5"|"rdp"|"imap"|"pop3"|"audit"|"ldap"
---@class gh.bilingual
---@field vi string
---@field en string

---@class gh.event
---@field timestamp string? time of the packet / thời điểm của gói tin
---@field event_type string? kind of event / loại sự kiện
---@field flow_id number? number of the connection / số hiệu kết nối
---@field src_ip string? sender's address / địa chỉ nguồn
---@field src_port number? sender's port / cổng nguồn
---@field dest_ip string? receiver's address / địa chỉ đích
---@field dest_port number? receiver's port / cổng đích
---@field proto string? transport: TCP, UDP, ICMP / giao thức vận chuyển
---@field app_proto string? application protocol / giao thức ứng dụng
---@field community_id string? community id v1 / community id v1
---@field in_iface string? capture interface / giao diện bắt gói
---@field vlan string[] VLAN numbers / số VLAN
---@field direction string? to_server or to_client / chiều truyền
---@field flow gh.flow 
---@field ndpi gh.ndpi 
---@field http gh.http 
---@field smtp gh.smtp 
---@field email gh.email 
---@field ftp gh.ftp 
---@field ftp_data gh.ftp_data 
---@field tftp gh.tftp 
---@field gatehouse gh.gatehouse 
---@field pop3 gh.pop3 
---@field nfs gh.nfs 
---@field rpc gh.rpc 
---@field tls gh.tls 
---@field smb gh.smb 
---@field ssh gh.ssh 
---@field quic gh.quic 
---@field dhcp gh.dhcp 
---@field krb5 gh.krb5 
---@field rdp gh.rdp 
---@field ldap gh.ldap 
---@field alert gh.alert 
---@field fileinfo gh.fileinfo 
---@field dns gh.dns 
---@field zone gh.zone 
---@field leaving boolean? it goes from a known zone into another one / đi từ một vùng đã biết sang vùng khác
---@field dest_may_hold boolean? the receiver's zone may hold the document's level / vùng nhận được giữ độ mật này
---@field time gh.time 
---@field transfer gh.transfer 
---@field document gh.document short for gatehouse.document / viết tắt của gatehouse.document

---@class gh.flow
---@field pkts_toserver number? packets to the server / số gói tới máy chủ
---@field pkts_toclient number? packets to the client / số gói tới máy khách
---@field bytes_toserver number? bytes to the server / số byte tới máy chủ
---@field bytes_toclient number? bytes to the client / số byte tới máy khách
---@field start string? first packet / gói đầu tiên
---@field ["end"] string? last packet / gói cuối cùng
---@field age number? seconds / số giây
---@field state string? new, established, closed / trạng thái
---@field reason string? why the flow ended / lý do kết thúc
---@field alerted boolean? an alert was raised in it / đã có cảnh báo

---@class gh.ndpi
---@field proto string? protocol found by nDPI / giao thức theo nDPI
---@field proto_id string? its number / số hiệu giao thức
---@field category string? its category / nhóm giao thức
---@field confidence string? how it was found / cách nhận biết
---@field risks string[] risks found by nDPI / rủi ro theo nDPI
---@field hostname string? host name / tên máy

---@class gh.http
---@field hostname string? host asked for / máy được yêu cầu
---@field url string? URL / URL
---@field http_method string? method / phương thức
---@field status number? status code / mã trả lời
---@field http_user_agent string? user agent / trình duyệt
---@field http_content_type string? declared type / kiểu khai báo
---@field http_refer string? referrer / trang dẫn
---@field protocol string? HTTP version / phiên bản HTTP
---@field length number? body bytes / số byte thân

---@class gh.smtp
---@field helo string? name the client gave / tên máy gửi
---@field mail_from string? envelope sender / người gửi (phong bì)
---@field rcpt_to string[] envelope recipients / người nhận (phong bì)

---@class gh.email
---@field from string? From header / người gửi
---@field to string[] To header / người nhận
---@field cc string[] Cc header / đồng nhận
---@field subject string? subject / tiêu đề
---@field attachment string[] attachment names / tên tệp đính kèm

---@class gh.ftp
---@field command string? FTP command / lệnh FTP
---@field command_data string? its argument / tham số của lệnh
---@field completion_code string[] reply codes / mã trả lời

---@class gh.ftp_data
---@field filename string? file that is transferred / tệp được truyền
---@field command string? RETR, STOR, APPE, STOU / lệnh truyền tệp

---@class gh.tftp
---@field packet string? read or write / đọc hoặc ghi
---@field file string? file that is asked for / tệp được yêu cầu

---@class gh.gatehouse
---@field imap gh.gatehouse.imap 
---@field smb gh.gatehouse.smb 
---@field quic gh.gatehouse.quic 
---@field rdp gh.gatehouse.rdp 
---@field ldap gh.gatehouse.ldap 
---@field verdict gh.gatehouse.verdict 
---@field ledger table<string, any> what came in, went out and was lost, by reason / sổ cái: vào, ra và mất theo lý do
---@field origin gh.gatehouse.origin 
---@field ioc gh.gatehouse.ioc[] indicators of compromise found in the event / dấu hiệu xâm nhập tìm thấy
---@field ioc_more number? further indicators that are not listed / số dấu hiệu khác không liệt kê
---@field document gh.document 
---@field fileinfo gh.gatehouse.fileinfo 

---@class gh.gatehouse.imap
---@field command string? IMAP command / lệnh IMAP
---@field section string? part of the mail / phần của thư

---@class gh.gatehouse.smb
---@field encrypted boolean? the session is encrypted and not read / phiên được mã hoá, không đọc được
---@field compressed boolean? the session is compressed and not read / phiên được nén, không đọc được

---@class gh.gatehouse.quic
---@field client_alpns string[] protocols that the client offers / giao thức máy khách đề nghị
---@field server_alpns string[] protocol that the server chose / giao thức máy chủ chọn

---@class gh.gatehouse.rdp
---@field protocol string? security chosen: rdp, ssl, hybrid / kiểu bảo mật được chọn
---@field error_code number? why it was refused / mã từ chối
---@field reason string? the same in words / lý do từ chối

---@class gh.gatehouse.ldap
---@field authentication string? anonymous, simple (a password in clear), ntlm, sasl / cách xác thực: anonymous, simple, ntlm, sasl

---@class gh.gatehouse.verdict
---@field action string? what was decided: alert, quarantine, block / đã quyết định gì: alert, quarantine, block
---@field policy string? policy and its version / chính sách và phiên bản
---@field rule string? rule that decided / quy tắc đã quyết định

---@class gh.gatehouse.origin
---@field region string? region whose console forwards it / vùng có trung tâm chuyển tiếp sự kiện
---@field appliance string? identity of the appliance that recorded it / mã của thiết bị đã ghi sự kiện
---@field name string? its name / tên thiết bị
---@field batch number? number of the batch that it came with / số của lô chứa sự kiện

---@class gh.gatehouse.ioc
---@field list string? list that names it / danh sách chứa dấu hiệu
---@field kind string? sha256, ip, domain, ja3, ja3s, ja4 / loại dấu hiệu
---@field value string? what was found / giá trị tìm thấy
---@field entry string? network or parent domain that names it / mạng hoặc miền cha trong danh sách
---@field where string? member of the event: src_ip, dest_ip, sni, hostname, ... / vị trí trong sự kiện

---@class gh.document
---@field file string? name of the document / tên tài liệu
---@field sha256 string? SHA-256 / SHA-256
---@field size number? bytes / số byte
---@field mime string? type by content / kiểu theo nội dung
---@field kind string? short type / loại tài liệu
---@field level gh.level? highest classification found / độ mật cao nhất
---@field level_source string? what says so / nguồn xác định
---@field scheme string? classification scheme / hệ thống phân loại
---@field lang string? language / ngôn ngữ
---@field encoding string? legacy encoding / bảng mã cũ
---@field markings gh.document.markings[] markings with their place / dấu mật và vị trí
---@field labels gh.document.labels[] machine-readable labels / nhãn máy đọc
---@field matches gh.document.matches[] YARA rules that matched / luật YARA khớp
---@field identifiers gh.document.identifiers[] personal identifiers, counted / định danh cá nhân
---@field similar gh.document.similar[] registered documents it contains / tài liệu đăng ký tương tự
---@field features gh.document.features 
---@field members gh.document[] documents inside / tài liệu bên trong
---@field read string? full, partial or none / đọc được: full, partial, none
---@field unread_reason string? why not all was read / lý do không đọc được

---@class gh.document.markings
---@field text string? marking as written / nguyên văn dấu mật
---@field level gh.level? its level / độ mật của dấu
---@field scheme string? its scheme / hệ thống của dấu
---@field where string? header, body, metadata, image, filename / vị trí: đầu trang, thân, siêu dữ liệu, ảnh, tên tệp
---@field page number? page / trang
---@field offset number? bytes from the start of that text / vị trí byte trong văn bản
---@field confidence number? 0 to 1 / độ tin cậy 0 đến 1

---@class gh.document.labels
---@field kind string? msip, stanag4774, tlp, header / loại nhãn
---@field key string? name of the label or property / tên nhãn
---@field level gh.level? level that it states / độ mật mà nhãn nêu
---@field value string? its value / giá trị nhãn

---@class gh.document.matches
---@field rule string? name of the YARA rule / tên luật YARA
---@field tags string[] its tags / thẻ của luật
---@field meta table<string, any> what the rule says of itself / mô tả của luật
---@field where string? raw, text or member / nơi khớp
---@field strings string[] strings that matched / chuỗi khớp

---@class gh.document.identifiers
---@field kind string? cccd, passport_mrz, card / loại định danh
---@field count number? how many / số lượng

---@class gh.document.similar
---@field document string? registered document / tài liệu đăng ký
---@field containment number? how much of it is here, 0 to 1 / mức trùng 0 đến 1
---@field share number? how much of this document it is, 0 to 1 / tỷ lệ trong tài liệu này, 0 đến 1
---@field level gh.level? its level / độ mật của tài liệu đăng ký

---@class gh.document.features
---@field encrypted boolean? it is encrypted / bị mã hóa
---@field macros boolean? it carries macros / có macro
---@field external_refs number? outside references / tham chiếu ngoài
---@field embedded number? embedded objects / đối tượng nhúng
---@field javascript boolean? it carries JavaScript / có JavaScript
---@field extension_mismatch boolean? its name ends as another kind of file does / đuôi tên không đúng loại tệp
---@field label_conflict boolean? a label contradicts its marking / nhãn trái với dấu mật

---@class gh.gatehouse.fileinfo
---@field truncated_by string? limit that ended it / giới hạn đã cắt tệp

---@class gh.pop3
---@field request gh.pop3.request 

---@class gh.pop3.request
---@field command string? POP3 command / lệnh POP3

---@class gh.nfs
---@field version number? NFS version / phiên bản NFS
---@field procedure string? what was done / thao tác NFS
---@field filename string? file name / tên tệp

---@class gh.rpc
---@field creds gh.rpc.creds 

---@class gh.rpc.creds
---@field machine_name string? machine that calls / tên máy gọi
---@field uid number? user number / số người dùng
---@field gid number? group number / số nhóm

---@class gh.tls
---@field sni string? server name asked for / tên máy chủ TLS
---@field version string? TLS version / phiên bản TLS
---@field client_alpns string[] protocols that the client offers / giao thức máy khách đề nghị
---@field server_alpns string[] protocol that the server chose / giao thức máy chủ chọn
---@field ja3 gh.tls.ja3 
---@field ja3s gh.tls.ja3s 
---@field ja4 string? JA4 of the client / JA4
---@field subject string? certificate subject / chủ thể chứng thư
---@field issuerdn string? certificate issuer / nơi cấp chứng thư
---@field subjectaltname string[] other names that the certificate is for / các tên khác của chứng thư
---@field serial string? certificate serial number / số sê-ri chứng thư
---@field fingerprint string? certificate SHA-1 / vân tay chứng thư

---@class gh.tls.ja3
---@field hash string? JA3 of the client / JA3

---@class gh.tls.ja3s
---@field hash string? JA3S of the server / JA3S

---@class gh.smb
---@field command string? SMB command / lệnh SMB
---@field dialect string? SMB version / phiên bản SMB
---@field status string? how the server answered / trả lời của máy chủ
---@field share string? share / thư mục chia sẻ
---@field named_pipe string? share of named pipes / đường ống có tên
---@field filename string? file on the share / tệp trong thư mục chia sẻ
---@field directory string? directory on the share / thư mục con
---@field access string? delete on close, or normal / xoá khi đóng hay bình thường
---@field disposition string? how the file is opened / cách mở tệp
---@field rename gh.smb.rename 
---@field ntlmssp gh.smb.ntlmssp 

---@class gh.smb.rename
---@field from string? name before / tên cũ
---@field to string? name after / tên mới

---@class gh.smb.ntlmssp
---@field user string? account that logs on / tài khoản đăng nhập
---@field domain string? its domain / miền của tài khoản
---@field host string? machine that it logs on from / máy đăng nhập

---@class gh.ssh
---@field client gh.ssh.client 
---@field server gh.ssh.server 

---@class gh.ssh.client
---@field software_version string? the client's SSH software / phần mềm SSH máy khách
---@field proto_version string? SSH version of the client / phiên bản SSH máy khách
---@field hassh gh.ssh.client.hassh 

---@class gh.ssh.client.hassh
---@field hash string? HASSH of the client / HASSH máy khách

---@class gh.ssh.server
---@field software_version string? the server's SSH software / phần mềm SSH máy chủ
---@field proto_version string? SSH version of the server / phiên bản SSH máy chủ
---@field hassh gh.ssh.server.hassh 

---@class gh.ssh.server.hassh
---@field hash string? HASSH of the server / HASSH máy chủ

---@class gh.quic
---@field sni string? server name asked for / tên máy chủ QUIC
---@field version string? QUIC version, in hexadecimal / phiên bản QUIC, hệ 16
---@field ja3 gh.quic.ja3 
---@field ja3s gh.quic.ja3s 
---@field ja4 string? JA4 of the client / JA4

---@class gh.quic.ja3
---@field hash string? JA3 of the client / JA3

---@class gh.quic.ja3s
---@field hash string? JA3S of the server / JA3S

---@class gh.dhcp
---@field type string? request or reply / yêu cầu hay trả lời
---@field dhcp_type string? discover, offer, request, ack and so on / loại thông điệp DHCP
---@field client_mac string? hardware address of the client / địa chỉ MAC máy khách
---@field assigned_ip string? address that the client gets / địa chỉ được cấp
---@field requested_ip string? address that it asks for / địa chỉ được yêu cầu
---@field hostname string? name of the client / tên máy khách
---@field vendor_class_identifier string? kind of client / loại máy khách
---@field routers string[] routers that the client is told / bộ định tuyến được thông báo
---@field dns_servers string[] name servers that the client is told / máy chủ tên miền được thông báo

---@class gh.krb5
---@field msg_type string? Kerberos message / loại thông điệp Kerberos
---@field cname string? principal of the client / định danh máy khách
---@field realm string? realm / vùng Kerberos
---@field sname string? service asked for / dịch vụ được yêu cầu
---@field encryption string? encryption of the answer / mã hóa của trả lời
---@field weak_encryption boolean? it is weak / mã hóa yếu
---@field ticket_encryption string? encryption of the ticket / mã hóa của vé
---@field ticket_weak_encryption boolean? it is weak / mã hóa vé yếu
---@field error_code string? why it was refused / lý do từ chối
---@field failed_request string? what was refused / yêu cầu bị từ chối

---@class gh.rdp
---@field event_type string? step of the connection / bước kết nối
---@field cookie string? user name that the client gives / tên người dùng RDP

---@class gh.ldap
---@field request gh.ldap.request 
---@field responses gh.ldap.responses[] answers / các trả lời

---@class gh.ldap.request
---@field operation string? LDAP operation / thao tác LDAP
---@field bind_request gh.ldap.request.bind_request 
---@field search_request gh.ldap.request.search_request 

---@class gh.ldap.request.bind_request
---@field name string? who signs in / tên đăng nhập LDAP
---@field sasl gh.ldap.request.bind_request.sasl 

---@class gh.ldap.request.bind_request.sasl
---@field mechanism string? SASL mechanism / cơ chế SASL

---@class gh.ldap.request.search_request
---@field base_object string? where the search begins / gốc tìm kiếm
---@field scope number? 0 base, 1 one level, 2 subtree / phạm vi tìm kiếm

---@class gh.ldap.responses
---@field operation string? kind of answer / loại trả lời

---@class gh.alert
---@field severity number? 1 (most severe) to 4 / mức độ, 1 (nặng nhất) đến 4
---@field signature string? what the alert says / nội dung cảnh báo
---@field category string? its category / loại cảnh báo

---@class gh.fileinfo
---@field filename string? file name / tên tệp
---@field size number? bytes / số byte
---@field sha256 string? SHA-256 / SHA-256
---@field md5 string? MD5 / MD5
---@field state string? CLOSED or TRUNCATED / CLOSED hoặc TRUNCATED
---@field gaps boolean? bytes are missing / thiếu byte
---@field stored boolean? kept on disk / đã lưu
---@field tx_id number? transaction number / số giao dịch

---@class gh.dns
---@field type string? query or answer / câu hỏi hay trả lời
---@field rrname string? name asked for / tên miền được hỏi
---@field rrtype string? record type asked for: A, AAAA, TXT / loại bản ghi
---@field rcode string? how the server answered: NOERROR, NXDOMAIN / mã trả lời DNS
---@field answers gh.dns.answers[] records of the answer / các bản ghi trả lời

---@class gh.dns.answers
---@field rrname string? name / tên
---@field rrtype string? record type / loại bản ghi
---@field rdata string? address or name / địa chỉ hoặc tên
---@field ttl number? seconds that it may be kept / thời gian sống, giây

---@class gh.zone
---@field src string? zone of the sender / vùng của bên gửi
---@field dest string? zone of the receiver / vùng của bên nhận
---@field src_holds gh.level? highest level the sender's zone may hold / độ mật cao nhất vùng gửi được giữ
---@field dest_holds gh.level? highest level the receiver's zone may hold / độ mật cao nhất vùng nhận được giữ

---@class gh.time
---@field date string? local date, 2026-11-24 / ngày địa phương
---@field hour number? local hour, 0 to 23 / giờ địa phương, 0 đến 23
---@field minute number? minute, 0 to 59 / phút, 0 đến 59
---@field weekday number? 1 Monday to 7 Sunday / thứ: 1 thứ Hai đến 7 Chủ nhật
---@field working boolean? within working hours (calendar) / trong giờ làm việc (theo lịch)

---@class gh.transfer
---@field user string? account, where the protocol shows it / tài khoản, nếu giao thức cho thấy
---@field from string? sender's mail address, bare and in small letters / địa chỉ thư người gửi, chữ thường
---@field to string[] recipients' mail addresses, from envelope and header / địa chỉ thư người nhận, từ phong bì và tiêu đề thư
---@field subject string? subject of the mail / tiêu đề thư
---@field url string? URL with its host / URL đầy đủ
---@field host string? name of the server that was asked for / tên máy chủ được yêu cầu
---@field share string? network share / thư mục chia sẻ
---@field path string? path of the file on the server / đường dẫn tệp trên máy chủ
---@field upload boolean? from the client to the server / từ máy khách lên máy chủ

---@class gh.new_rule
---@field id string short name, told with every verdict / tên ngắn, ghi trong mọi kết luận
---@field title string|gh.bilingual what an officer reads in a list / dòng tiêu đề cho người đọc
---@field when fun(e: gh.event): any what must be true of the event / điều kiện về sự kiện
---@field action gh.action what is done; the strictest of all matching rules decides / việc phải làm; luật nghiêm nhất quyết định
---@field severity? 1|2|3|4 1 high to 4 low; 3 if not said / 1 cao đến 4 thấp; mặc định 3
---@field category? string group of alerts / nhóm cảnh báo
---@field reason string|gh.bilingual sentence for the officer; {fact} is filled in / câu giải thích; {thông tin} được điền vào
---@field on? string|string[] events that it judges: "flow", { "tls", "dns" }; documents ("fileinfo") if not said / loại sự kiện được xét: "flow", { "tls", "dns" }; mặc định là tài liệu ("fileinfo")

---@class gh.new_zone
---@field name string name of the zone / tên vùng
---@field networks? string[] its networks, as 10.1.0.0/16 / các mạng, như 10.1.0.0/16
---@field vlans? integer[] counts only for what is seen in these VLANs / chỉ tính những gì thấy trong các VLAN này
---@field interfaces? string[] counts only for what is seen on these interfaces / chỉ tính những gì thấy trên các giao diện này
---@field holds gh.level highest level that it may hold / độ mật cao nhất được giữ

---@class gh.new_setting
---@field name string settings.name in rules / settings.tên trong luật
---@field default number|boolean|string|string[] value unless somebody sets another; its kind holds / giá trị mặc định; quyết định kiểu
---@field min? number smallest number / số nhỏ nhất
---@field max? number largest number / số lớn nhất
---@field values? string[] words that are allowed / các từ được phép
---@field title string|gh.bilingual what it is for / dùng để làm gì

---@class gh.new_calendar
---@field days? integer[] working days, 1 Monday to 7 Sunday; Monday to Friday if not said / ngày làm việc, 1 thứ Hai đến 7 Chủ nhật; mặc định thứ Hai đến thứ Sáu
---@field from? string work begins, "07:30" / giờ bắt đầu, "07:30"
---@field to? string work ends, "17:00" / giờ kết thúc, "17:00"
---@field holidays? string[] free days, "2026-09-02" / ngày nghỉ, "2026-09-02"
---@field workdays? string[] days that are worked although their weekday is free / ngày làm bù

---a rule of the policy / một luật của chính sách
---@param rule gh.new_rule
function rule(rule) end

---a zone: its name, its networks and the highest level that it may hold / một vùng: tên, các mạng và độ mật cao nhất được giữ
---@param zone gh.new_zone
function zone(zone) end

---the networks of this site, loopback and link-local with them (policy.inside), or the given ones where none are set; for zones.lua / các mạng của đơn vị này, kể cả loopback và link-local (policy.inside), hoặc các mạng đã cho nếu chưa đặt; dùng trong zones.lua
---@param networks string[]
---@return string[]
function inside(networks) end

---the working hours: e.time.working / giờ làm việc: e.time.working
---@param calendar gh.calendar
function calendar(calendar) end

---a value that may be tuned without touching the rules (settings.lua) / một giá trị chỉnh được mà không cần sửa luật (settings.lua)
---@param setting gh.setting
function setting(setting) end

---tunes a bundle that is used (settings.lua) / chỉnh một bộ luật được dùng (settings.lua)
---@param bundle string
---@param values table<string, any>
function set(bundle, values) end

---switches a rule of a used bundle off: off("mail-out/some-rule") / tắt một luật của bộ luật được dùng: off("mail-out/some-rule")
---@param rule string
function off(rule) end

---the value is in lists/NAME.csv and its entry holds on the day of the event; nothing is in no list / giá trị có trong lists/TÊN.csv và còn hạn vào ngày của sự kiện
---@param list string
---@param value string?
---@return boolean
function in_list(list, value) end

---in how many events of the last "10m", this one included, this rule asked with this key; 1024 at most / số sự kiện trong "10m" gần nhất, kể cả sự kiện này, mà luật này hỏi với khóa này; tối đa 1024
---@param key string|number?
---@param window string
---@return integer
function times(key, window) end

---how many different values came with this key in the last "10m", this one included; 1024 at most / số giá trị khác nhau đi với khóa này trong "10m" gần nhất, kể cả giá trị này; tối đa 1024
---@param key string|number?
---@param value string|number?
---@param window string
---@return integer
function distinct(key, value, window) end

---the settings of this bundle by name / các thiết lập của bộ luật này, theo tên
---@type table<string, any>
settings = {}

---the level is that one or higher, in whatever scheme / độ mật bằng hoặc cao hơn mức đó, bất kể hệ thống
---@param level string?
---@param wanted gh.level
---@return boolean
function at_least(level, wanted) end

---test is true for one element at least / test đúng với ít nhất một phần tử
---@param list any[]?
---@param test fun(element: any): any
---@return boolean
function any(list, test) end

---test is true for every element / test đúng với mọi phần tử
---@param list any[]?
---@param test fun(element: any): any
---@return boolean
function all(list, test) end

---number of elements for which test is true / số phần tử mà test đúng
---@param list any[]?
---@param test fun(element: any): any
---@return integer
function count(list, test) end

---for m in each(list) do … end / for m in each(danh sách) do … end
---@param list any[]?
---@return fun(): any
function each(list) end

---part stands in the text; plain text, no pattern / part nằm trong văn bản; chữ thường, không phải mẫu
---@param text string?
---@param part string
---@return boolean
function contains(text, part) end

---the text begins with part / văn bản bắt đầu bằng part
---@param text string?
---@param part string
---@return boolean
function starts_with(text, part) end

---the text ends with part / văn bản kết thúc bằng part
---@param text string?
---@param part string
---@return boolean
function ends_with(text, part) end

---the text with the letters A to Z as a to z; "" for a missing one / văn bản với chữ A đến Z thành a đến z; "" nếu không có
---@param text string?
---@return string
function lower(text) end

---what stands behind the last mark, the whole text without one: after_last("TLS.Dropbox", ".") is "Dropbox" / phần đứng sau dấu mark cuối cùng, cả văn bản nếu không có: after_last("TLS.Dropbox", ".") là "Dropbox"
---@param text string?
---@param mark string
---@return string?
function after_last(text, mark) end

---domain of a mail address in small letters: "bo.example" of "An <an@Bo.example>" / tên miền của địa chỉ thư, chữ thường: "bo.example" của "An <an@Bo.example>"
---@param address string?
---@return string
function domain_of(address) end

---extension of a file name in small letters, "" without one: "docx" of "A.DOCX" / đuôi của tên tệp, chữ thường, "" nếu không có: "docx" của "A.DOCX"
---@param filename string?
---@return string
function extension_of(filename) end
