/* SPDX-License-Identifier: Apache-2.0 */

#include "proto/lsapi.h"

#define FLAG_ORDER 0x01U

/*
 * What bit 0 says about little-endian numbers. lsphp compares the bit with the one it was built
 * with (0 on x86, 1 on everything else) and swaps if they differ.
 */
#if defined(__x86_64__) || defined(__i386__) || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FLAG_LITTLE 0U
#else
#define FLAG_LITTLE FLAG_ORDER
#endif

static const char *const error_text[] = {
	[LSAPI_E_MAGIC] = "packet does not begin with LS",
	[LSAPI_E_TYPE] = "packet type not allowed in this direction",
	[LSAPI_E_LENGTH] = "length impossible or above its bound",
	[LSAPI_E_COUNT] = "number of entries negative or above its bound",
	[LSAPI_E_OFFSET] = "offset outside of its part",
	[LSAPI_E_ENTRY] = "malformed entry",
	[LSAPI_E_SUM] = "parts do not add up to the packet",
	[LSAPI_E_FULL] = "does not fit into the packet",
	[LSAPI_E_ORDER] = "parts encoded in the wrong order",
	[LSAPI_E_STATE] = "packet not allowed now",
};
_Static_assert(sizeof(error_text) / sizeof(error_text[0]) == LSAPI_E_STATE + 1,
	"every error has its text");

const char *lsapi_error_text(int error)
{
	if (error < LSAPI_E_MAGIC || error > LSAPI_E_STATE)
		return "no error of the LSAPI codec";
	return error_text[error];
}

int lsapi_packet_decode(const uint8_t header[LSAPI_PACKET_HEADER_SIZE], struct lsapi_packet *ret)
{
	struct wire_reader r;
	wire_reader_init(&r, header, LSAPI_PACKET_HEADER_SIZE);
	uint16_t magic = wire_get_u16be(&r);
	if (magic != ('L' << 8 | 'S'))
		return LSAPI_E_MAGIC;
	uint8_t type = wire_get_u8(&r);
	r.is_big_endian = (wire_get_u8(&r) & FLAG_ORDER) != FLAG_LITTLE;
	uint32_t length = wire_get_u32(&r);
	/* an int32 on the wire: above INT32_MAX means negative */
	if (length < LSAPI_PACKET_HEADER_SIZE || length > INT32_MAX)
		return LSAPI_E_LENGTH;
	*ret = (struct lsapi_packet){
		.type = type,
		.is_big_endian = r.is_big_endian,
		.length = length,
	};
	return 0;
}

void lsapi_packet_encode(
	uint8_t out[LSAPI_PACKET_HEADER_SIZE], enum lsapi_type type, uint32_t length)
{
	struct wire_writer w;
	wire_writer_init(&w, out, LSAPI_PACKET_HEADER_SIZE);
	wire_put_u8(&w, 'L');
	wire_put_u8(&w, 'S');
	wire_put_u8(&w, (uint8_t)type);
	wire_put_u8(&w, FLAG_LITTLE);
	wire_put_u32(&w, length);
}
