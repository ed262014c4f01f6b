/* SPDX-License-Identifier: Apache-2.0
 *
 * Java's Avro (GenericDatumReader, GenericDatumWriter) for the tests of tests/interop/: one
 * question a line, one answer a line, in the plain values of codec.c.
 *
 *   {"do":"encode","schema":TEXT,"value":V}                       {"bytes":HEX}
 *   {"do":"decode","schema":WRITER,"reader":READER,"bytes":HEX}   {"value":V}
 */
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

class Codec {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HexFormat HEX = HexFormat.of();

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            ObjectNode answer = JSON.createObjectNode();
            try {
                answer(JSON.readTree(line), answer);
            } catch (Exception e) {
                answer.put("error", e.getClass().getSimpleName() + ": " + e.getMessage());
            }
            out.println(JSON.writeValueAsString(answer));
        }
    }

    private static Schema parse(JsonNode text) {
        return new Schema.Parser().parse(text.asText());
    }

    private static void answer(JsonNode question, ObjectNode answer) throws Exception {
        Schema writer = parse(question.get("schema"));
        if (question.get("do").asText().equals("encode")) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
            new GenericDatumWriter<Object>(writer).write(datum(question.get("value"), writer), encoder);
            encoder.flush();
            answer.put("bytes", HEX.formatHex(bytes.toByteArray()));
        } else {
            Schema reader = question.hasNonNull("reader") ? parse(question.get("reader")) : writer;
            byte[] bytes = HEX.parseHex(question.get("bytes").asText());
            BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
            Object read = new GenericDatumReader<Object>(writer, reader).read(null, decoder);
            if (!decoder.isEnd()) throw new IllegalStateException("bytes left over");
            answer.set("value", plain(read, reader));
        }
    }

    private static Object datum(JsonNode value, Schema schema) {
        switch (schema.getType()) {
            case RECORD:
                GenericRecord record = new GenericData.Record(schema);
                for (Schema.Field field : schema.getFields())
                    record.put(field.pos(), datum(value.get(field.name()), field.schema()));
                return record;
            case UNION:
                for (Schema branch : schema.getTypes()) if (fits(value, branch)) return datum(value, branch);
                throw new IllegalArgumentException("no branch for " + value);
            case ENUM: return new GenericData.EnumSymbol(schema, value.asText());
            case ARRAY:
                GenericData.Array<Object> array = new GenericData.Array<>(value.size(), schema);
                for (JsonNode item : value) array.add(datum(item, schema.getElementType()));
                return array;
            case MAP:
                Map<String, Object> map = new LinkedHashMap<>();
                for (Map.Entry<String, JsonNode> e : value.properties())
                    map.put(e.getKey(), datum(e.getValue(), schema.getValueType()));
                return map;
            case BYTES: return ByteBuffer.wrap(HEX.parseHex(value.asText()));
            case FIXED: return new GenericData.Fixed(schema, HEX.parseHex(value.asText()));
            case STRING: return value.asText();
            case INT: return value.intValue();
            case LONG: return value.longValue();
            case FLOAT: return value.floatValue();
            case DOUBLE: return value.doubleValue();
            case BOOLEAN: return value.booleanValue();
            default: return null;
        }
    }

    private static boolean fits(JsonNode value, Schema branch) {
        switch (branch.getType()) {
            case NULL: return value.isNull();
            case STRING: case BYTES: case FIXED: return value.isTextual();
            case ENUM: return value.isTextual() && branch.hasEnumSymbol(value.asText());
            case INT: case LONG: return value.isIntegralNumber();
            case FLOAT: case DOUBLE: return value.isNumber();
            case BOOLEAN: return value.isBoolean();
            case ARRAY: return value.isArray();
            default: return value.isObject();
        }
    }

    private static JsonNode plain(Object value, Schema schema) {
        switch (schema.getType()) {
            case RECORD:
                ObjectNode object = JSON.createObjectNode();
                for (Schema.Field field : schema.getFields())
                    object.set(field.name(), plain(((IndexedRecord) value).get(field.pos()), field.schema()));
                return object;
            case UNION:
                return plain(value, schema.getTypes().get(GenericData.get().resolveUnion(schema, value)));
            case ARRAY:
                ArrayNode array = JSON.createArrayNode();
                for (Object item : (Iterable<?>) value) array.add(plain(item, schema.getElementType()));
                return array;
            case MAP:
                ObjectNode map = JSON.createObjectNode();
                ((Map<?, ?>) value).forEach((k, v) -> map.set(k.toString(), plain(v, schema.getValueType())));
                return map;
            case BYTES:
                ByteBuffer buffer = ((ByteBuffer) value).duplicate();
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                return JSON.getNodeFactory().textNode(HEX.formatHex(bytes));
            case FIXED: return JSON.getNodeFactory().textNode(HEX.formatHex(((GenericData.Fixed) value).bytes()));
            case STRING: case ENUM: return JSON.getNodeFactory().textNode(value.toString());
            case NULL: return JSON.nullNode();
            default: return JSON.valueToTree(value);
        }
    }
}
