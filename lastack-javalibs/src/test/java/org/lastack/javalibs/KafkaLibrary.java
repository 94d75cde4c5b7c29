package org.lastack.javalibs;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/// Apache Kafka: broker and controller in one process on the server's host, its clients on the client's.
final class KafkaLibrary {
    private static final int RECORDS = 2000;

    private KafkaLibrary() {}

    static Library<Stage> kafka() {
        return new Library<>("Apache Kafka broker (KRaft) + clients", Library.versionOf(KafkaProducer.class), Library.PROPERTY,
                "a topic made, " + RECORDS + " records produced and consumed", KafkaLibrary::run);
    }

    private static void run(Stage stage) throws Exception {
        Path logs = Files.createTempDirectory("lastack-kafka");
        try {
            KafkaRaftServer server = stage.onServer(() -> broker(logs));
            stage.onClient(() -> {
                clients();
                return null;
            });
            server.shutdown();
            server.awaitShutdown();
        } finally {
            try (Stream<Path> files = Files.walk(logs)) {
                files.sorted(Comparator.reverseOrder()).forEach(each -> each.toFile().delete());
            }
        }
    }

    private static KafkaRaftServer broker(Path logs) throws Exception {
        Properties settings = new Properties();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("controller.quorum.voters", "1@10.0.0.2:9093");
        settings.put("listeners", "PLAINTEXT://10.0.0.2:9092,CONTROLLER://10.0.0.2:9093");
        settings.put("advertised.listeners", "PLAINTEXT://10.0.0.2:9092");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("log.dirs", logs.toString());
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("offsets.topic.num.partitions", "1");
        new Formatter().setPrintStream(new PrintStream(OutputStream.nullOutputStream())).setClusterId(Uuid.randomUuid().toString()).setNodeId(1).addDirectory(logs.toString())
                .setMetadataLogDirectory(logs.toString()).setControllerListenerName("CONTROLLER").run();
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings), Time.SYSTEM);
        server.startup();
        return server;
    }

    private static void clients() throws Exception {
        String bootstrap = Stage.SERVER + ":9092";
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic("words", 1, (short) 1))).all().get(20, TimeUnit.SECONDS);
        }
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>("words", "key" + i, "value" + i));
            }
            producer.flush();
        }
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest"),
                new StringDeserializer(), new StringDeserializer())) {
            TopicPartition only = new TopicPartition("words", 0);
            consumer.assign(List.of(only));
            consumer.seekToBeginning(List.of(only));
            int seen = 0;
            while (seen < RECORDS) {
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofSeconds(5))) {
                    Stage.expect(each.value().equals("value" + seen), "record " + seen + " is " + each.value());
                    seen++;
                }
            }
        }
    }
}
